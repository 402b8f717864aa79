/* Sentences out of a database, told in a language; what is one is written and read again as the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <aud/said.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *
text_of(struct aud_say *say, const struct aud_said *s)
{
	char *english, *kept;

	if (aud_say_end(say, s, &english, &kept, NULL) != AUD_OK)
		abort();
	free(english);
	return kept;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct aud_say say = {0};
	const struct aud_lang *es;
	char *in = calloc(1, size + 1), *once, *twice;
	const struct aud_said *s;

	memcpy(in, data, size);
	aud_lang_by_name("es", &es);
	free(aud_said_in(es, in, "English"));
	if ((s = aud_said_read(&say, in))) {
		once = text_of(&say, s);
		if (!(s = aud_said_read(&say, once)) || strcmp(once, twice = text_of(&say, s)))
			abort();
		free(once);
		free(twice);
	}
	aud_say_clear(&say);
	free(in);
	return 0;
}
