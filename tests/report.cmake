aud_unit(report STAGES judge report SOURCES unit/judge_world.c LIBS PkgConfig::JANSSON)
target_compile_definitions(unit_report PRIVATE GOLDEN="${CMAKE_CURRENT_SOURCE_DIR}/golden")

# The golden output against the schema that users get; skipped, and said so, without python3-jsonschema.
find_program(PYTHON3 python3)
if(PYTHON3)
  add_test(NAME report_schema COMMAND ${PYTHON3} ${CMAKE_CURRENT_SOURCE_DIR}/report_schema.py
    ${PROJECT_SOURCE_DIR}/src/report/audit.schema.json
    ${CMAKE_CURRENT_SOURCE_DIR}/golden/report.json ${CMAKE_CURRENT_SOURCE_DIR}/golden/report-nosite.json)
  set_tests_properties(report_schema PROPERTIES SKIP_RETURN_CODE 77)
endif()

# Every format, read back by what others wrote; SARIF against the published schema, which npm fetches (skipped without network).
if(PYTHON3)
  add_test(NAME report_formats COMMAND ${PYTHON3} ${CMAKE_CURRENT_SOURCE_DIR}/report_formats.py $<TARGET_FILE:spanaudit>
    ${PROJECT_SOURCE_DIR}/pcaps)
  add_test(NAME report_sarif COMMAND ${PYTHON3} ${CMAKE_CURRENT_SOURCE_DIR}/sarif_schema.py $<TARGET_FILE:spanaudit>
    ${PROJECT_SOURCE_DIR}/pcaps)
  # And CSV by a spreadsheet; skipped, and said so, without LibreOffice.
  add_test(NAME report_sheet COMMAND ${PYTHON3} ${CMAKE_CURRENT_SOURCE_DIR}/csv_calc.py $<TARGET_FILE:spanaudit> ${PROJECT_SOURCE_DIR}/pcaps)
  set_tests_properties(report_formats report_sarif report_sheet PROPERTIES TIMEOUT 900)
  set_tests_properties(report_sarif report_sheet PROPERTIES SKIP_RETURN_CODE 77)
endif()
aud_unit(report_talks STAGES judge report SOURCES unit/judge_world.c)
