# Prints the messages that xgettext does not see.
add_executable(po_words ${PROJECT_SOURCE_DIR}/po/words.c)
target_link_libraries(po_words PRIVATE spanaudit_lib)
# Renders with a catalogue of the test's own.
add_executable(lang_render lang/render.c)
target_include_directories(lang_render PRIVATE ${PROJECT_SOURCE_DIR}/src/base)
target_link_libraries(lang_render PRIVATE spanaudit_lib)
