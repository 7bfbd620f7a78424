/* texlex client: tokens from a running texlexd, over a socket. The C interface of libtexlex-client, for C99 and later
 * and for C++; it is also that library's stable boundary. docs/client.md shows its use by examples; kinds of tokens,
 * views, units and kinds of issues are those of texlex.h, of which only the constants are used.
 *
 * Errors are values: no exception leaves the library, and a NULL argument is an error, not a crash. *_free take NULL.
 *
 * Memory: a document is read where it lies and must stay there, unchanged, until its request has ended. An answer owns
 * its memory, and may outlive the client.
 *
 * Threads: all functions may be called from any threads at once, on one client too; requests share a connection to each
 * server and do not wait for one another. Whoever frees something sees to it that nobody uses it. The library starts no
 * thread, but for one that asks for the addresses of a host's name.
 *
 * Structures begin with their size, as the caller was compiled with, so that they can grow at their end. */
#ifndef TEXLEX_CLIENT_H
#define TEXLEX_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "texlex/texlex.h"

/* The number in the library's soname. It changes when a program that ran could run no longer. */
#define TEXLEX_CLIENT_ABI_VERSION 1

#ifdef __cplusplus
extern "C" {
#endif

/* How a call or a request ended. Numbers keep their meaning; later versions may add some. */
typedef enum texlex_client_status {
  TEXLEX_CLIENT_OK = 0,
  TEXLEX_CLIENT_REFUSED = 1,         /* by the server: texlex_client_answer_server_status says why */
  TEXLEX_CLIENT_UNREACHABLE = 2,     /* no server can be connected to, or the connection was lost */
  TEXLEX_CLIENT_TIMED_OUT = 3,       /* the time for the request is over */
  TEXLEX_CLIENT_BROKEN_PROTOCOL = 4, /* the server said what it may not; nothing of it was used */
  TEXLEX_CLIENT_UNSUPPORTED = 5,     /* no server can do what was asked */
  TEXLEX_CLIENT_CANCELLED = 6,       /* the request was freed, or the client was */
  TEXLEX_CLIENT_DESCRIPTOR_LOST = 7, /* this process may open no more files: the server's did not arrive */
  TEXLEX_CLIENT_NO_MEMORY = 8,
  TEXLEX_CLIENT_SYSTEM = 9,              /* the operating system refused */
  TEXLEX_CLIENT_INTERNAL_ERROR = 10,     /* a fault of the library */
  TEXLEX_CLIENT_NULL_ARGUMENT = 11,      /* a pointer that must not be NULL is */
  TEXLEX_CLIENT_UNSUPPORTED_STRUCT = 12, /* struct_size is too small, or what this version does not know is set */
  TEXLEX_CLIENT_BAD_ENDPOINT = 13,       /* neither unix:PATH nor tcp://host:port, none, or more than 64 */
  TEXLEX_CLIENT_BAD_OPTION = 14,         /* a view, unit, column, flag, regime's name or limit that there is not */
  TEXLEX_CLIENT_BAD_DESCRIPTOR = 15,     /* a document's descriptor is no sealed memory of its length */
  TEXLEX_CLIENT_TOO_MANY_REQUESTS = 16,  /* pending_max are under way */
  TEXLEX_CLIENT_DOCUMENT_TOO_LARGE = 17, /* above TEXLEX_DOCUMENT_BYTES_MAX */
  TEXLEX_CLIENT_UNDER_WAY = 18           /* the request has not ended */
} texlex_client_status;

/* A sentence for people. Never NULL. */
TEXLEX_API const char* texlex_client_status_text(texlex_client_status status) TEXLEX_NOEXCEPT;
/* The name of a server's status, such as "overload", and a sentence. Never NULL. docs/protocol.md lists them. */
TEXLEX_API const char* texlex_client_server_status_name(uint32_t server_status) TEXLEX_NOEXCEPT;
TEXLEX_API const char* texlex_client_server_status_text(uint32_t server_status) TEXLEX_NOEXCEPT;

/* The version of the library that runs, such as "0.1.0". */
TEXLEX_API const char* texlex_client_version(void) TEXLEX_NOEXCEPT;
TEXLEX_API uint32_t texlex_client_abi_version(void) TEXLEX_NOEXCEPT;

/* ---- A client */

/* Asks one or several servers. */
typedef struct texlex_client texlex_client;

typedef struct texlex_client_options {
  size_t struct_size;          /* sizeof(texlex_client_options) */
  uint64_t timeout_ms;         /* that a request may take in all, waits and further tries included; by default 30000 */
  uint64_t connect_timeout_ms; /* to connect to a server and have its hello; by default 5000 */
  uint64_t attempts_max;       /* how often each server is asked at most; by default 8 */
  uint64_t pending_max;        /* requests that may be under way; by default 4096 */
  /* How often each server is asked at most, of `attempts_max` times, where it cannot be reached, the connection is
   * lost, or it shuts down; by default 0: as often as that. For who would rather know soon. */
  uint64_t unreachable_attempts_max;
} texlex_client_options;

#define TEXLEX_CLIENT_OPTIONS_INIT                                                                                     \
  { sizeof(texlex_client_options), 30000, 5000, 8, 4096, 0 }

/* Makes a client of servers at these URLs, `unix:PATH` or `tcp://host:port`, from 1 to 64. It connects with the first
 * request. The first server that works is asked; the next one where it cannot be reached, refuses for lack of room, or
 * shuts down. `options` may be NULL for the defaults. */
TEXLEX_API texlex_client_status texlex_client_open(const char* const* urls, size_t url_count,
                                                   const texlex_client_options* options,
                                                   texlex_client** client) TEXLEX_NOEXCEPT;
/* Ends requests that are under way as cancelled, and all connections. */
TEXLEX_API void texlex_client_free(texlex_client* client) TEXLEX_NOEXCEPT;

/* ---- What a server offers */

typedef struct texlex_client_offer texlex_client_offer;

/* Tells what a server said of itself: the one of that number among the URLs, from 0 on. Connects to it unless that is
 * done, also where it failed lately, and tries once. `timeout_ms`: how long it waits; what was begun by then goes on
 * when it is asked again. 0: as long as connecting may take, twice. The status is the offer's; it is made whatever it
 * is, but is NULL where nobody could be asked. */
TEXLEX_API texlex_client_status texlex_client_ask_offer(texlex_client* client, size_t server, uint64_t timeout_ms,
                                                        texlex_client_offer** offer) TEXLEX_NOEXCEPT;
TEXLEX_API void texlex_client_offer_free(texlex_client_offer* offer) TEXLEX_NOEXCEPT;
/* As of an answer. */
TEXLEX_API texlex_client_status texlex_client_offer_status(const texlex_client_offer* offer) TEXLEX_NOEXCEPT;
TEXLEX_API uint32_t texlex_client_offer_server_status(const texlex_client_offer* offer) TEXLEX_NOEXCEPT;
TEXLEX_API uint64_t texlex_client_offer_retry_after_ms(const texlex_client_offer* offer) TEXLEX_NOEXCEPT;
TEXLEX_API const char* texlex_client_offer_text(const texlex_client_offer* offer) TEXLEX_NOEXCEPT;

/* The version of the protocol that is spoken; 1: counts of the tex view under the server's own regime alone. What
 * follows is 0 where the status is not TEXLEX_CLIENT_OK. */
TEXLEX_API uint32_t texlex_client_offer_version(const texlex_client_offer* offer) TEXLEX_NOEXCEPT;
/* Columns it tells, TEXLEX_CLIENT_KINDS and its like; bytes of a document, issues told and documents in a frame at
 * most; 1 if documents and columns may pass as descriptors, else 0. */
TEXLEX_API uint32_t texlex_client_offer_columns(const texlex_client_offer* offer) TEXLEX_NOEXCEPT;
TEXLEX_API uint64_t texlex_client_offer_document_bytes_max(const texlex_client_offer* offer) TEXLEX_NOEXCEPT;
TEXLEX_API uint64_t texlex_client_offer_issues_max(const texlex_client_offer* offer) TEXLEX_NOEXCEPT;
TEXLEX_API uint32_t texlex_client_offer_batch_documents_max(const texlex_client_offer* offer) TEXLEX_NOEXCEPT;
TEXLEX_API int texlex_client_offer_passes_descriptors(const texlex_client_offer* offer) TEXLEX_NOEXCEPT;
/* Names of the regimes it has, the first its own; NULL behind the last. Of version 1 there are none. They are the
 * server's words: not checked, valid as long as the offer. */
TEXLEX_API size_t texlex_client_offer_regime_count(const texlex_client_offer* offer) TEXLEX_NOEXCEPT;
TEXLEX_API const char* texlex_client_offer_regime(const texlex_client_offer* offer, size_t index) TEXLEX_NOEXCEPT;

/* ---- A request */

/* Columns that may be asked for, or-ed. None: counts only. Kinds and starts cost little; all others are derived by the
 * server, which takes several times as long as the scan. */
#define TEXLEX_CLIENT_KINDS 1u
#define TEXLEX_CLIENT_STARTS 2u
#define TEXLEX_CLIENT_ENDS 4u
#define TEXLEX_CLIENT_CODES 8u
#define TEXLEX_CLIENT_LINES 16u
#define TEXLEX_CLIENT_COLUMNS 32u
#define TEXLEX_CLIENT_NAMES 64u
#define TEXLEX_CLIENT_ISSUES 128u
#define TEXLEX_CLIENT_ALL_COLUMNS 255u

/* Flags of a request. */
#define TEXLEX_CLIENT_COLUMNS_BY_DESCRIPTOR                                                                            \
  1u /* on Unix sockets, where the server can: large answers are
                                                  not copied. They lie in memory that the server still writes to, so
                                                  ask this only of one you trust */

/* Whose turn it is, where requests wait for a server's workers. */
typedef enum texlex_client_priority {
  TEXLEX_CLIENT_BACKGROUND = 0, /* behind what others want, and refused first where there is too much */
  TEXLEX_CLIENT_NORMAL = 1,
  TEXLEX_CLIENT_INTERACTIVE = 2 /* ahead of what else this client has waiting there; of nobody else's */
} texlex_client_priority;

typedef struct texlex_client_request {
  size_t struct_size;   /* sizeof(texlex_client_request) */
  const void* document; /* may be NULL if it has no bytes, or passes as a descriptor */
  size_t document_bytes;
  const char* regime;          /* a name, see texlex_regime_name; NULL: the server's own */
  uint64_t timeout_ms;         /* 0: the client's */
  uint64_t issues_max;         /* how many issues are told, the first ones; all are counted. By default 65536 */
  uint32_t columns;            /* TEXLEX_CLIENT_KINDS and its like; by default kinds and starts */
  uint32_t view;               /* a texlex_view; by default TEXLEX_VIEW_TEX */
  uint32_t column_unit;        /* a texlex_column_unit; by default TEXLEX_COLUMN_CODE_POINTS */
  uint32_t flags;              /* by default 0 */
  int64_t document_descriptor; /* of sealed memory with the document, see texlex_client_seal; by default -1: none */
  const char* traceparent;     /* W3C's text of the trace it is part of, for the server's log; NULL: none */
  uint32_t priority;           /* a texlex_client_priority; by default TEXLEX_CLIENT_NORMAL */
} texlex_client_request;

#define TEXLEX_CLIENT_REQUEST_INIT                                                                                     \
  {                                                                                                                    \
    sizeof(texlex_client_request), NULL, 0, NULL, 0, 65536, TEXLEX_CLIENT_KINDS | TEXLEX_CLIENT_STARTS,                \
      TEXLEX_VIEW_TEX, TEXLEX_COLUMN_CODE_POINTS, 0, -1, NULL, TEXLEX_CLIENT_NORMAL                                    \
  }

/* TEXLEX_CLIENT_OPTIONS_INIT and TEXLEX_CLIENT_REQUEST_INIT, for languages without macros; `struct_size` is the size of
 * the caller's structure. */
TEXLEX_API texlex_client_status texlex_client_options_init(texlex_client_options* options,
                                                           size_t struct_size) TEXLEX_NOEXCEPT;
TEXLEX_API texlex_client_status texlex_client_request_init(texlex_client_request* request,
                                                           size_t struct_size) TEXLEX_NOEXCEPT;

/* What became of a request. Immutable. */
typedef struct texlex_client_answer texlex_client_answer;

/* Asks for the tokens of a document and waits. The status is the answer's; the answer is made whatever it is, but is
 * NULL where the request could not be begun. */
TEXLEX_API texlex_client_status texlex_client_tokenize(texlex_client* client, const texlex_client_request* request,
                                                       texlex_client_answer** answer) TEXLEX_NOEXCEPT;

/* The bytes of a document of a batch; `bytes` may be NULL if there are none. */
typedef struct texlex_client_document {
  const void* bytes;
  size_t size;
} texlex_client_document;

/* The same for several documents, many in one frame: for small ones several times as fast as one by one. Those that a
 * server has no room for are asked again, in smaller frames. `request` has no document of its own. `answers` has room
 * for `count`; each document's is made, with a status of its own. Other than TEXLEX_CLIENT_OK: none was. The time of
 * the request holds for all of them together. */
TEXLEX_API texlex_client_status texlex_client_tokenize_batch(texlex_client* client,
                                                             const texlex_client_request* request,
                                                             const texlex_client_document* documents, size_t count,
                                                             texlex_client_answer** answers) TEXLEX_NOEXCEPT;

/* ---- Requests under way, for callers that do something else meanwhile */

typedef struct texlex_client_call texlex_client_call;

/* Called once when a request has ended, by a thread that is in a function of this library; it must not wait for a
 * request. NULL: nobody is told. */
typedef void (*texlex_client_ended)(void* context);

/* Begins a request, and sends it as far as that needs no wait. */
TEXLEX_API texlex_client_status texlex_client_submit(texlex_client* client, const texlex_client_request* request,
                                                     texlex_client_ended ended, void* context,
                                                     texlex_client_call** call) TEXLEX_NOEXCEPT;
/* Waits for its end, and takes its answer; a second time TEXLEX_CLIENT_NULL_ARGUMENT. */
TEXLEX_API texlex_client_status texlex_client_wait(texlex_client_call* call,
                                                   texlex_client_answer** answer) TEXLEX_NOEXCEPT;
/* The same without waiting: TEXLEX_CLIENT_UNDER_WAY if it has not ended. */
TEXLEX_API texlex_client_status texlex_client_take(texlex_client_call* call,
                                                   texlex_client_answer** answer) TEXLEX_NOEXCEPT;
/* Cancels it if it has not ended. Its document is no longer used when this returns, and nobody is told any more. */
TEXLEX_API void texlex_client_call_free(texlex_client_call* call) TEXLEX_NOEXCEPT;

/* For event loops: a descriptor that is readable when there is something to do, which texlex_client_turn does without
 * waiting. The client's; -1 for NULL. */
TEXLEX_API int texlex_client_descriptor(const texlex_client* client) TEXLEX_NOEXCEPT;
TEXLEX_API void texlex_client_turn(texlex_client* client) TEXLEX_NOEXCEPT;

/* ---- An answer. Columns are NULL where they were not asked for, or the status is not TEXLEX_CLIENT_OK. They are
 * checked: offsets go up and stay within the document and the names. */

TEXLEX_API void texlex_client_answer_free(texlex_client_answer* answer) TEXLEX_NOEXCEPT;
/* TEXLEX_CLIENT_NULL_ARGUMENT for NULL. */
TEXLEX_API texlex_client_status texlex_client_answer_status(const texlex_client_answer* answer) TEXLEX_NOEXCEPT;
/* What a server that refused said: a number of docs/protocol.md; else 0. */
TEXLEX_API uint32_t texlex_client_answer_server_status(const texlex_client_answer* answer) TEXLEX_NOEXCEPT;
/* Of a refusal: after how many milliseconds to try again; 0 if not known. */
TEXLEX_API uint64_t texlex_client_answer_retry_after_ms(const texlex_client_answer* answer) TEXLEX_NOEXCEPT;
/* A sentence about this one, which names the server. Valid as long as the answer. Never NULL. */
TEXLEX_API const char* texlex_client_answer_text(const texlex_client_answer* answer) TEXLEX_NOEXCEPT;

/* Tokens, of the view asked for; issues found; of those told. */
TEXLEX_API uint64_t texlex_client_answer_count(const texlex_client_answer* answer) TEXLEX_NOEXCEPT;
TEXLEX_API uint64_t texlex_client_answer_issue_count(const texlex_client_answer* answer) TEXLEX_NOEXCEPT;
TEXLEX_API uint64_t texlex_client_answer_issues_told(const texlex_client_answer* answer) TEXLEX_NOEXCEPT;

/* An entry a token: its kind, a texlex_kind; the byte offsets of its first byte and behind its last; its character; its
 * line and column, from 1. */
TEXLEX_API const uint8_t* texlex_client_answer_kinds(const texlex_client_answer* answer) TEXLEX_NOEXCEPT;
TEXLEX_API const uint32_t* texlex_client_answer_starts(const texlex_client_answer* answer) TEXLEX_NOEXCEPT;
TEXLEX_API const uint32_t* texlex_client_answer_ends(const texlex_client_answer* answer) TEXLEX_NOEXCEPT;
TEXLEX_API const uint32_t* texlex_client_answer_codes(const texlex_client_answer* answer) TEXLEX_NOEXCEPT;
TEXLEX_API const uint32_t* texlex_client_answer_lines(const texlex_client_answer* answer) TEXLEX_NOEXCEPT;
TEXLEX_API const uint32_t* texlex_client_answer_columns(const texlex_client_answer* answer) TEXLEX_NOEXCEPT;
/* The name of token i, in UTF-8, is the bytes [offsets[i], offsets[i + 1]); there is an offset more than tokens. */
TEXLEX_API const uint32_t* texlex_client_answer_name_offsets(const texlex_client_answer* answer) TEXLEX_NOEXCEPT;
TEXLEX_API const char* texlex_client_answer_name_bytes(const texlex_client_answer* answer) TEXLEX_NOEXCEPT;
/* An entry an issue told: its kind, a texlex_issue_kind, and the byte offset it begins at. */
TEXLEX_API const uint8_t* texlex_client_answer_issue_kinds(const texlex_client_answer* answer) TEXLEX_NOEXCEPT;
TEXLEX_API const uint32_t* texlex_client_answer_issue_offsets(const texlex_client_answer* answer) TEXLEX_NOEXCEPT;
/* 1 if the columns lie in the server's memory, mapped by a descriptor; else 0. */
TEXLEX_API int texlex_client_answer_is_mapped(const texlex_client_answer* answer) TEXLEX_NOEXCEPT;

/* ---- A document in sealed memory, that a server on the same machine reads without its being sent. */

/* Copies a document into memory that nobody can change any more. The descriptor is the caller's, who closes it; it may
 * be used for many requests. A memfd of the caller's own does as well, with the seals SHRINK, GROW and WRITE. Servers
 * that take no descriptors are sent the bytes. */
TEXLEX_API texlex_client_status texlex_client_seal(const void* document, size_t bytes, int* descriptor) TEXLEX_NOEXCEPT;
/* Closes it; -1 is no descriptor. close(2) does as well. */
TEXLEX_API void texlex_client_close_sealed(int descriptor) TEXLEX_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif
