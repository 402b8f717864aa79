add_test(NAME threads COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/tools/threads.sh $<TARGET_FILE:spanaudit> ${PROJECT_SOURCE_DIR}/pcaps)
