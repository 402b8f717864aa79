aud_unit(community_id STAGES watch decode report judge SOURCES unit/judge_world.c)
aud_unit(events STAGES watch decode report judge SOURCES unit/judge_world.c LIBS PkgConfig::JANSSON)

# The screen, in a terminal of tmux.
set(cli ${PROJECT_SOURCE_DIR}/src/cli)
add_executable(screen_show tools/screen_show.c ${cli}/screen.c ${cli}/draw.c ${cli}/signals.c ${cli}/message.c)
target_include_directories(screen_show PRIVATE ${cli})
target_link_libraries(screen_show PRIVATE spanaudit_lib)
