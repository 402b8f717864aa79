aud_unit(ipsec STAGES ipsec)
aud_unit(ipsec_inside STAGES ipsec decode)
aud_unit(ipsec_save STAGES ipsec decode)
target_compile_definitions(unit_ipsec_save PRIVATE PCAPS="${PROJECT_SOURCE_DIR}/pcaps")
aud_fuzz(ipsec STAGES ipsec decode)
# What the stage found, as text: tests/corpus.sh ipsec.
add_executable(ipsec_list tools/ipsec_list.c)
target_include_directories(ipsec_list PRIVATE ${PROJECT_SOURCE_DIR}/include)
target_link_libraries(ipsec_list PRIVATE spanaudit_lib)
add_executable(bench_ipsec bench/ipsec.c $<TARGET_OBJECTS:stage_ipsec> $<TARGET_OBJECTS:stage_base>)
target_include_directories(bench_ipsec PRIVATE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src/base)
target_link_libraries(bench_ipsec PRIVATE PkgConfig::YAML PkgConfig::GCRYPT)
# The claims about false alarms and about what is decided, on fewer packets than the benchmark's own.
add_test(NAME bench_ipsec COMMAND bench_ipsec 200000)
