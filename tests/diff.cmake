# What the stage asks of others is answered by judge_world.c; the report stage writes the difference.
aud_unit(diff STAGES judge report diff SOURCES unit/judge_world.c LIBS PkgConfig::JANSSON)
