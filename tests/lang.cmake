aud_unit(lang STAGES)
aud_fuzz(said STAGES)
add_test(NAME language COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/tools/language.sh $<TARGET_FILE:spanaudit>)

# Prints the messages that xgettext does not see.
add_executable(po_words ${PROJECT_SOURCE_DIR}/src/po/words.c)
target_link_libraries(po_words PRIVATE spanaudit_lib)
# Renders with a catalogue of the test's own.
add_executable(lang_render lang/render.c)
target_include_directories(lang_render PRIVATE ${PROJECT_SOURCE_DIR}/src/base)
target_link_libraries(lang_render PRIVATE spanaudit_lib)

# The catalogues against the sources; and that the sources have nothing that is not marked for them.
find_program(XGETTEXT xgettext)
if(PYTHON3 AND XGETTEXT)
  set(template ${CMAKE_CURRENT_BINARY_DIR}/spanaudit.pot)
  add_test(NAME lang_template COMMAND ${PROJECT_SOURCE_DIR}/src/po/update.sh $<TARGET_FILE:po_words> ${template})
  add_test(NAME lang_catalogues COMMAND ${PYTHON3} ${CMAKE_CURRENT_SOURCE_DIR}/lang/catalogues.py ${PROJECT_SOURCE_DIR} ${template})
  add_test(NAME lang_unmarked COMMAND ${PYTHON3} ${CMAKE_CURRENT_SOURCE_DIR}/lang/unmarked.py $<TARGET_FILE:spanaudit>
    $<TARGET_FILE:lang_render> ${template} ${PROJECT_SOURCE_DIR}/pcaps)
  set_tests_properties(lang_template PROPERTIES FIXTURES_SETUP lang_template)
  set_tests_properties(lang_catalogues lang_unmarked PROPERTIES FIXTURES_REQUIRED lang_template TIMEOUT 600)
endif()
