#include <aud/date.h>

bool
aud_date_valid(const char *s)
{
	static const unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	unsigned at[10], y, m, d;

	for (int i = 0; i < 10; i++) {
		if (i == 4 || i == 7 ? s[i] != '-' : s[i] < '0' || s[i] > '9')
			return false;
		at[i] = (unsigned)(s[i] - '0');
	}
	y = at[0] * 1000 + at[1] * 100 + at[2] * 10 + at[3];
	m = at[5] * 10 + at[6];
	d = at[8] * 10 + at[9];
	if (s[10] || m < 1 || m > 12 || d < 1)
		return false;
	return d <= days[m - 1] + (m == 2 && y % 4 == 0 && (y % 100 || y % 400 == 0));
}
