// json_native.c runs json.c without a guest around it: it reads one record from its input and prints the least number of
// nanoseconds that judging it takes.
#include <stdio.h>
#include <time.h>

#include "json.c"

int main(void) {
  static u8 record[1 << 20];
  const u8 *volatile begin = record; // no compiler may judge once for all rounds
  size_t n = fread(record, 1, sizeof record, stdin);
  double best = 1e18;
  for (int i = 0; i < 5000; i++) {
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (int k = 0; k < 50; k++)
      if (!valid(begin, begin + n)) return 1;
    clock_gettime(CLOCK_MONOTONIC, &b);
    double took = (double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec);
    if (took < best) best = took;
  }
  printf("%.1f\n", best / 50);
  return 0;
}
