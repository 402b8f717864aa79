aud_unit(store STAGES store)
aud_unit(store_audit STAGES store)
target_compile_definitions(unit_store_audit PRIVATE GOLDEN="${CMAKE_CURRENT_SOURCE_DIR}/golden")
aud_unit(store_ipsec STAGES store)
aud_unit(store_running STAGES store)
# The one test of several stages at once: the real matrix through SQLite and back, and the words of both sides.
if(TARGET stage_matrix AND TARGET stage_judge AND TARGET stage_flow AND TARGET stage_attrib)
  aud_unit(store_matrix STAGES store matrix judge flow attrib)
endif()
# Prints seconds; no test.
add_executable(bench_store bench/store.c $<TARGET_OBJECTS:stage_base> $<TARGET_OBJECTS:stage_store>)
target_include_directories(bench_store PRIVATE ${PROJECT_SOURCE_DIR}/include)
target_link_libraries(bench_store PRIVATE PkgConfig::SQLITE PkgConfig::YAML PkgConfig::GCRYPT)
