/* Stacks of tags and of tunnels as ids: a trie whose nodes carry their text. A known stack costs one short chain, no
 * allocation. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"

enum {
	STACKS_MAX = 4096,
	BUCKETS = 2048,
	/* All stacks that found no room share the last id. */
	STACK_OTHER = STACKS_MAX - 1,
};

struct node {
	uint16_t parent, item, next;
	char *text;
};

struct stacks {
	const char *const *names;
	char separator;
	uint16_t n; /* node 0 is the empty stack */
	uint16_t bucket[BUCKETS];
	struct node node[STACKS_MAX];
};

struct stacks *
stacks_new(const char *const *names, char separator)
{
	struct stacks *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->names = names;
	s->separator = separator;
	s->n = 1;
	return s;
}

void
stacks_free(struct stacks *s)
{
	if (!s)
		return;
	for (unsigned i = 1; i < s->n; i++)
		free(s->node[i].text);
	free(s);
}

static char *
node_text(const struct stacks *s, uint16_t parent, uint16_t item)
{
	const char *outer = stacks_text(s, parent);
	char number[8];
	const char *name = number;
	size_t size;
	char *text;

	if (s->names)
		name = s->names[item];
	else
		snprintf(number, sizeof number, "%u", item);
	size = strlen(outer) + strlen(name) + 2;
	text = malloc(size);
	if (!text)
		return NULL;
	if (parent)
		snprintf(text, size, "%s%c%s", outer, s->separator, name);
	else
		snprintf(text, size, "%s", name);
	return text;
}

uint16_t
stacks_push(struct stacks *s, uint16_t parent, uint16_t item)
{
	uint16_t *bucket = &s->bucket[(parent * 31u + item) % BUCKETS];
	struct node *n;

	if (parent == STACK_OTHER)
		return STACK_OTHER;
	for (uint16_t i = *bucket; i; i = s->node[i].next)
		if (s->node[i].item == item && s->node[i].parent == parent)
			return i;
	if (s->n == STACK_OTHER)
		return STACK_OTHER;
	n = &s->node[s->n];
	n->text = node_text(s, parent, item);
	if (!n->text)
		return STACK_OTHER;
	n->parent = parent;
	n->item = item;
	n->next = *bucket;
	*bucket = s->n;
	return s->n++;
}

const char *
stacks_text(const struct stacks *s, uint16_t stack)
{
	if (stack == STACK_OTHER)
		return "other";
	return stack && stack < s->n ? s->node[stack].text : "";
}
