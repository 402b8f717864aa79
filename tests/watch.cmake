aud_unit(metrics STAGES watch decode report judge SOURCES unit/judge_world.c)
target_link_options(unit_metrics PRIVATE -Wl,--wrap=clock_gettime)
aud_unit(notify SOURCES ${PROJECT_SOURCE_DIR}/src/cli/notify.c)
target_include_directories(unit_notify PRIVATE ${PROJECT_SOURCE_DIR}/src/cli)
# Enter the sandbox in child processes, as root and as an ordinary user: what is left of the process, what does not work, what does.
set(sandbox ${PROJECT_SOURCE_DIR}/src/cli/sandbox.c ${PROJECT_SOURCE_DIR}/src/cli/sandbox_calls.c ${PROJECT_SOURCE_DIR}/src/cli/sandbox_files.c
  unit/sandbox_child.c unit/judge_world.c)
aud_unit(sandbox STAGES watch decode report judge SOURCES ${sandbox} LIBS PkgConfig::SECCOMP PkgConfig::CAPNG)
aud_unit(sandbox_works STAGES watch decode report judge SOURCES ${sandbox} ${PROJECT_SOURCE_DIR}/src/cli/notify.c
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

aud_unit(community_id STAGES watch decode report judge SOURCES unit/judge_world.c)
aud_unit(events STAGES watch decode report judge SOURCES unit/judge_world.c LIBS PkgConfig::JANSSON)
aud_unit(syslog STAGES watch decode report judge SOURCES unit/judge_world.c)
aud_unit(evidence STAGES watch decode report judge SOURCES unit/judge_world.c LIBS PkgConfig::PCAP)
target_link_options(unit_evidence PRIVATE -Wl,--wrap=pwrite)

# Lines as the unit test makes them, hostile ones too, against the schema that users get; skipped without python3-jsonschema.
if(PYTHON3)
  add_test(NAME events_schema COMMAND ${PYTHON3} ${CMAKE_CURRENT_SOURCE_DIR}/events_schema.py
    ${PROJECT_SOURCE_DIR}/src/watch/events.schema.json ${PROJECT_SOURCE_DIR}/src/report/audit.schema.json $<TARGET_FILE:unit_events>)
  set_tests_properties(events_schema PROPERTIES SKIP_RETURN_CODE 77)
endif()

# The screen, in a terminal of tmux.
set(cli ${PROJECT_SOURCE_DIR}/src/cli)
add_executable(screen_show tools/screen_show.c ${cli}/screen.c ${cli}/draw.c ${cli}/signals.c ${cli}/message.c)
target_include_directories(screen_show PRIVATE ${cli})
target_link_libraries(screen_show PRIVATE spanaudit_lib)

# What is written, as tshark reads it; skipped without tshark.
add_executable(evidence_make tools/evidence_make.c)
target_link_libraries(evidence_make PRIVATE spanaudit_lib)
if(PYTHON3)
  add_test(NAME evidence_tshark COMMAND ${PYTHON3} ${CMAKE_CURRENT_SOURCE_DIR}/tools/evidence.py $<TARGET_FILE:evidence_make>
    ${PROJECT_SOURCE_DIR}/pcaps)
  set_tests_properties(evidence_tshark PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 900)
endif()

# The whole: a running audit as root and as others; the unit under a systemd of its own. Skipped without root.
add_test(NAME watch_service COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/tools/watch_service.sh $<TARGET_FILE:spanaudit>
  ${PROJECT_SOURCE_DIR}/pcaps/site.yaml ${PROJECT_SOURCE_DIR}/pcaps/ssh-on-5061.pcap ${PROJECT_SOURCE_DIR}/pcaps/undocumented-port.pcap)
add_test(NAME watch_systemd COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/lab/service.sh ${PROJECT_BINARY_DIR})
set_tests_properties(watch_service watch_systemd PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
if(PYTHON3)
  add_test(NAME screen COMMAND ${PYTHON3} ${CMAKE_CURRENT_SOURCE_DIR}/tools/screen.py $<TARGET_FILE:screen_show>)
  set_tests_properties(screen PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
endif()

# Text of the network in lines and messages; the ring's files as something else may have left them.
aud_fuzz(tell STAGES watch decode report judge matrix attrib classify flow LIBS PkgConfig::JANSSON)
aud_fuzz(blocks STAGES watch decode report judge matrix attrib classify flow)
