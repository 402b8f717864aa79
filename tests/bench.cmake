# The generators of the benchmarks; tests/bench/run.sh measures.
foreach(generator mkflows mkmedia)
  add_executable(bench_${generator} bench/${generator}.c bench/gen.c)
endforeach()
add_executable(bench_timer bench/timer.c)
add_test(NAME bench COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/bench/check.sh
  $<TARGET_FILE:spanaudit> $<TARGET_FILE:bench_mkflows> $<TARGET_FILE:bench_mkmedia>)
add_test(NAME bench_run COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/tools/bench_run.sh $<TARGET_FILE:spanaudit>)
# A database as a large site leaves one; tests/bench/report.sh measures the reports made of it.
add_executable(bench_mkaudit bench/mkaudit.c)
target_link_libraries(bench_mkaudit PRIVATE spanaudit_lib)
find_program(PYTHON3 python3)
if(PYTHON3)
  add_test(NAME bulk COMMAND ${PYTHON3} ${CMAKE_CURRENT_SOURCE_DIR}/tools/bulk.py $<TARGET_FILE:spanaudit> $<TARGET_FILE:bench_mkaudit>)
endif()
