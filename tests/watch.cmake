aud_unit(metrics STAGES watch)
target_link_options(unit_metrics PRIVATE -Wl,--wrap=clock_gettime)
aud_unit(notify SOURCES ${PROJECT_SOURCE_DIR}/src/cli/notify.c)
target_include_directories(unit_notify PRIVATE ${PROJECT_SOURCE_DIR}/src/cli)
# Enter the sandbox in child processes, as root and as an ordinary user: what is left of the process, what does not work, what does.
set(sandbox ${PROJECT_SOURCE_DIR}/src/cli/sandbox.c ${PROJECT_SOURCE_DIR}/src/cli/sandbox_calls.c ${PROJECT_SOURCE_DIR}/src/cli/sandbox_files.c
  unit/sandbox_child.c)
aud_unit(sandbox STAGES watch SOURCES ${sandbox} LIBS PkgConfig::SECCOMP PkgConfig::CAPNG)
aud_unit(sandbox_works STAGES watch SOURCES ${sandbox} ${PROJECT_SOURCE_DIR}/src/cli/notify.c
  LIBS PkgConfig::SECCOMP PkgConfig::CAPNG PkgConfig::SQLITE PkgConfig::PCAP)
foreach(test unit_sandbox unit_sandbox_works)
  target_include_directories(${test} PRIVATE ${PROJECT_SOURCE_DIR}/src/cli)
  set_tests_properties(${test} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 180)
endforeach()
add_test(NAME service COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/tools/service.sh ${PROJECT_BINARY_DIR})
set_tests_properties(service PROPERTIES SKIP_RETURN_CODE 77)
find_package(Python3 COMPONENTS Interpreter QUIET)
if(Python3_Interpreter_FOUND)
  add_test(NAME metrics_format COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/tools/metrics_format.py
    $<TARGET_FILE:unit_metrics> --page)
endif()
