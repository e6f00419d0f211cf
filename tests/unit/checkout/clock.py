"""What time it is for a process, set by a test while it runs: a library that stands before the C library's own clock.
It moves the wall clock alone, as setting it does; the steady one goes on. SQLite reads it too: there the database's
clock is that of the machine.
"""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.unit.state.servers import need

SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t *moved;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("TEST_CLOCK");
  int file = path ? open(path, O_RDONLY) : -1;
  if (file < 0) return;
  void *page = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
  if (page != MAP_FAILED) moved = page;
  close(file);
}

static int64_t seconds(void) { return moved ? *moved : 0; }

int clock_gettime(clockid_t id, struct timespec *now) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
  int answer = real(id, now);
  if (answer == 0 && id == CLOCK_REALTIME) now->tv_sec += seconds();
  return answer;
}

int gettimeofday(struct timeval *now, void *zone) {
  struct timespec exact;
  clock_gettime(CLOCK_REALTIME, &exact);
  now->tv_sec = exact.tv_sec;
  now->tv_usec = exact.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *out) {
  struct timespec exact;
  clock_gettime(CLOCK_REALTIME, &exact);
  if (out) *out = exact.tv_sec;
  return exact.tv_sec;
}
"""


class Clock:
    """Of every process that is started with `environment`."""

    def __init__(self, folder: Path, name: str = "clock") -> None:
        source, library, self._file = folder / f"{name}.c", folder / f"{name}.so", folder / name
        source.write_text(SOURCE)
        compiler = need("cc")
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
        self._library = library
        self._file.write_bytes(struct.pack("q", 0))

    @property
    def environment(self) -> Mapping[str, str]:
        return {"LD_PRELOAD": str(self._library), "TEST_CLOCK": str(self._file)}

    def set(self, seconds: int) -> None:
        """So far from the true time, from now on."""
        with self._file.open("r+b") as file:  # the same file: it is mapped
            file.write(struct.pack("q", seconds))
