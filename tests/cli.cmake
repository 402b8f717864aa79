foreach(test cli stored manpage)
  add_test(NAME ${test} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/tools/${test}.sh $<TARGET_FILE:spanaudit>)
endforeach()
add_test(NAME installed COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/tools/installed.sh ${PROJECT_BINARY_DIR})
