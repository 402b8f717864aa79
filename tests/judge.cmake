# The judges link alone; what they ask of other stages is answered by judge_world.c.
aud_unit(judge STAGES judge SOURCES unit/judge_world.c)
aud_unit(judge_states STAGES judge SOURCES unit/judge_world.c)
aud_unit(judge_ipsec STAGES judge SOURCES unit/judge_world.c)
# The real documents, through roles, matcher and judges.
aud_unit(judge_rows STAGES attrib matrix judge)
