# The sample captures against what a human expects of them; lab/lab.sh makes the captures, this needs neither it nor root.
find_package(Python3 COMPONENTS Interpreter QUIET)
if(Python3_Interpreter_FOUND)
  add_test(NAME lab_captures COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/lab/check.py
    $<TARGET_FILE:spanaudit> ${PROJECT_SOURCE_DIR}/pcaps)
  set_tests_properties(lab_captures PROPERTIES TIMEOUT 600)
else()
  message(WARNING "no python3: the test lab_captures is left out")
  add_test(NAME lab_captures COMMAND ${CMAKE_COMMAND} -E false)
  set_tests_properties(lab_captures PROPERTIES DISABLED TRUE)
endif()
# A running audit in network namespaces; skipped without root or tcpreplay. One after the other: they measure time.
if(Python3_Interpreter_FOUND)
  foreach(test replay ports alone flap kill full reload flood privileges missing crowd own clock day)
    add_test(NAME watch_${test} COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/lab/watch.py ${test}
      $<TARGET_FILE:spanaudit> ${PROJECT_SOURCE_DIR}/pcaps)
    set_tests_properties(watch_${test} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300 RESOURCE_LOCK watch)
  endforeach()
  # A clock that jumps, for the program alone.
  add_library(clock_ahead MODULE tools/clock_ahead.c)
  target_compile_options(clock_ahead PRIVATE -fno-sanitize=all)
  target_link_options(clock_ahead PRIVATE -fno-sanitize=all)
  set_tests_properties(watch_clock PROPERTIES ENVIRONMENT CLOCK_AHEAD=$<TARGET_FILE:clock_ahead>)
  foreach(test window young again named small resume damaged carry down blind sides)
    add_test(NAME watch_${test} COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/lab/truth.py ${test}
      $<TARGET_FILE:spanaudit> ${PROJECT_SOURCE_DIR}/pcaps)
    set_tests_properties(watch_${test} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300 RESOURCE_LOCK watch)
  endforeach()
endif()
aud_unit(news STAGES attrib matrix flow SOURCES ${PROJECT_SOURCE_DIR}/src/audit/news.c)
target_include_directories(unit_news PRIVATE ${PROJECT_SOURCE_DIR}/src/audit)
