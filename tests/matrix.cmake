aud_unit(matrix STAGES matrix)
aud_unit(matrix_match STAGES matrix)
aud_unit(matrix_errors STAGES matrix)
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
