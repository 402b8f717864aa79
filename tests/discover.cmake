aud_unit(discover STAGES discover report judge matrix flow attrib LIBS PkgConfig::JANSSON)

# Drafts of the sample captures' site against the true one.
find_package(Python3 COMPONENTS Interpreter QUIET)
if(Python3_Interpreter_FOUND)
  add_test(NAME discover COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/discover.py $<TARGET_FILE:spanaudit>
    ${PROJECT_SOURCE_DIR}/pcaps)
  set_tests_properties(discover PROPERTIES TIMEOUT 900)
endif()
