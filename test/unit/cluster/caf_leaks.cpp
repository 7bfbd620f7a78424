// A system of CAF 0.17.6 whose nodes send heartbeats may leave its actor for connections behind at its end: the actor
// waits for its own next tick, and the clock that has it is gone. LeakSanitizer is told of that one, by how it is made.
#ifdef TEXLEX_SANITIZED

extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:basp_broker\n"; }

#endif
