aud_unit(matrix STAGES matrix)
aud_unit(matrix_match STAGES matrix)
aud_unit(matrix_told STAGES matrix)
# Every rule: flows that it documents and flows that just miss it.
aud_unit(matrix_cases STAGES matrix)
target_compile_definitions(unit_matrix_cases PRIVATE CASES="${CMAKE_CURRENT_SOURCE_DIR}/golden/matrix-cases.tsv")
aud_unit(matrix_errors STAGES matrix)
aud_unit(matrix_exchange STAGES matrix)
aud_unit(matrix_nomem STAGES matrix)
target_link_options(unit_matrix_nomem PRIVATE -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=reallocarray)
# The table of application names against the library that it comes from.
aud_unit(matrix_apps STAGES matrix LIBS PkgConfig::NDPI)
aud_fuzz(matrix_rules STAGES matrix)
aud_fuzz(matrix_csv STAGES matrix)
# Prints ns per match; no test.
add_executable(bench_matrix bench/matrix.c $<TARGET_OBJECTS:stage_base> $<TARGET_OBJECTS:stage_matrix>)
target_include_directories(bench_matrix PRIVATE ${PROJECT_SOURCE_DIR}/include)
target_link_libraries(bench_matrix PRIVATE PkgConfig::YAML PkgConfig::GCRYPT)
# Prints ms to load a site and the matrix through SQLite; no test.
add_executable(bench_load bench/load.c)
target_link_libraries(bench_load PRIVATE spanaudit_lib)
# What "explain" answers where the documents disagree, are incomplete or ambiguous.
add_test(NAME explain COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/tools/explain.sh $<TARGET_FILE:spanaudit>)
