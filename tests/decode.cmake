aud_unit(decode STAGES decode)
aud_fuzz(decode STAGES decode)
