aud_unit(html STAGES judge report SOURCES unit/judge_world.c)

# The HTML report as a browser shows it; skipped, and said so, where there is none.
add_executable(page_make ${CMAKE_CURRENT_SOURCE_DIR}/page/make.c)
target_link_libraries(page_make PRIVATE spanaudit_lib)
add_test(NAME page COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/page/run.sh $<TARGET_FILE:spanaudit> $<TARGET_FILE:page_make>
  ${CMAKE_CURRENT_BINARY_DIR}/page)
set_tests_properties(page PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 600)
