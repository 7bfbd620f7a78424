/* texlex: the tokens TeX's scanner reads in LaTeX, with byte positions. The C interface, for C99 and later and for C++;
 * it is also the stable boundary of the shared library. docs/library.md shows its use by examples; docs/tokens.md says
 * what a token is.
 *
 * Errors are values: every function that can fail returns a texlex_status, and leaves NULL where a handle was to go. No
 * exception leaves the library, and a NULL argument is an error, not a crash. texlex_*_free take NULL.
 *
 * Memory: what texlex_tokenize and its like return is the library's, until the matching texlex_*_free. A document is
 * read where it lies and must stay there, unchanged, as long as its tokens are used; TEXLEX_COPY_DOCUMENT lifts that.
 * texlex_scan writes to the caller's own memory.
 *
 * Threads: all functions may be called from any threads at once. texlex_tokens and texlex_columns do not change and may
 * be read by many; a texlex_walker belongs to one thread at a time. Whoever frees one sees to it that nobody uses it.
 *
 * Structures begin with their size, as the caller was compiled with, so that they can grow at their end. */
#ifndef TEXLEX_TEXLEX_H
#define TEXLEX_TEXLEX_H

#include <stddef.h>
#include <stdint.h>

#define TEXLEX_VERSION_MAJOR 0
#define TEXLEX_VERSION_MINOR 1
#define TEXLEX_VERSION_PATCH 0
#define TEXLEX_VERSION_STRING "0.1.0"

/* The number in the library's soname. It changes when a program that ran could run no longer. */
#define TEXLEX_ABI_VERSION 1

#if defined(__GNUC__)
#define TEXLEX_API __attribute__((visibility("default")))
#else
#define TEXLEX_API
#endif

#ifdef __cplusplus
#define TEXLEX_NOEXCEPT noexcept
extern "C" {
#else
#define TEXLEX_NOEXCEPT
#endif

/* How a call ended. Numbers keep their meaning; later versions may add some. */
typedef enum texlex_status {
  TEXLEX_OK = 0,
  TEXLEX_END = 1,                 /* a walker has no further token */
  TEXLEX_NULL_ARGUMENT = 2,       /* a pointer that must not be NULL is */
  TEXLEX_NO_MEMORY = 3,           /* the call has changed nothing and may be made again */
  TEXLEX_DOCUMENT_TOO_LARGE = 4,  /* above TEXLEX_DOCUMENT_BYTES_MAX */
  TEXLEX_UNSUPPORTED_STRUCT = 5,  /* struct_size is too small, or what this version does not know is set */
  TEXLEX_UNKNOWN_REGIME = 6,      /* not among texlex_regime_name */
  TEXLEX_UNKNOWN_KERNEL = 7,      /* not among texlex_kernel_name: not built, or not for this processor */
  TEXLEX_UNKNOWN_VIEW = 8,        /* not a texlex_view */
  TEXLEX_UNKNOWN_COLUMN_UNIT = 9, /* not a texlex_column_unit */
  TEXLEX_UNKNOWN_FLAG = 10,       /* a bit that this version gives no meaning */
  TEXLEX_CAPACITY_TOO_SMALL = 11, /* less room than texlex_tokens_max tells */
  TEXLEX_OUT_OF_RANGE = 12,       /* an offset behind the document's end */
  TEXLEX_NAMES_TOO_LARGE = 13,    /* the names of all tokens take 4 GiB or more */
  TEXLEX_INTERNAL_ERROR = 14      /* a fault of the library */
} texlex_status;

/* The kind of a token: TeX's category code up to 13 (The TeXbook, chapter 7), and texlex's own above 15. Those from
 * TEXLEX_KIND_COMMENT on are trivia: only the source view has them. */
typedef enum texlex_kind {
  TEXLEX_KIND_CONTROL_SEQUENCE = 0,
  TEXLEX_KIND_BEGIN_GROUP = 1,
  TEXLEX_KIND_END_GROUP = 2,
  TEXLEX_KIND_MATH_SHIFT = 3,
  TEXLEX_KIND_ALIGNMENT_TAB = 4,
  TEXLEX_KIND_PARAMETER = 6,
  TEXLEX_KIND_SUPERSCRIPT = 7,
  TEXLEX_KIND_SUBSCRIPT = 8,
  TEXLEX_KIND_SPACE = 10,
  TEXLEX_KIND_LETTER = 11,
  TEXLEX_KIND_OTHER = 12,
  TEXLEX_KIND_ACTIVE = 13,
  TEXLEX_KIND_PARAGRAPH = 16, /* the \par TeX makes of a blank line */
  TEXLEX_KIND_COMMENT = 17,   /* text TeX drops up to the line end */
  TEXLEX_KIND_BLANK = 18,     /* a run of blanks TeX skips or strips on one line */
  TEXLEX_KIND_LINE_END = 19,  /* a line terminator that makes no token */
  TEXLEX_KIND_IGNORED = 20,   /* a run of characters of category 9 on one line */
  TEXLEX_KIND_INVALID = 21    /* one character of category 15 */
} texlex_kind;

/* Which tokens are wanted. */
typedef enum texlex_view {
  TEXLEX_VIEW_TEX = 0,   /* exactly those of TeX's scanner */
  TEXLEX_VIEW_SOURCE = 1 /* the same and trivia, so that every byte belongs to exactly one token */
} texlex_view;

/* What a column counts. */
typedef enum texlex_column_unit {
  TEXLEX_COLUMN_BYTES = 0,
  TEXLEX_COLUMN_CODE_POINTS = 1, /* a malformed part of UTF-8 is one; in an 8-bit regime each byte is one */
  TEXLEX_COLUMN_UTF16 = 2        /* as editors count: two for a character beyond U+FFFF */
} texlex_column_unit;

/* What is worth telling about a document. None of them stops a scan; docs/tokens.md explains them. */
typedef enum texlex_issue_kind {
  TEXLEX_ISSUE_MALFORMED_UTF8 = 1,
  TEXLEX_ISSUE_NUL_BYTE = 2,
  TEXLEX_ISSUE_BIDIRECTIONAL_CONTROL = 3,
  TEXLEX_ISSUE_INVALID_CHARACTER = 4,
  TEXLEX_ISSUE_MALFORMED_SUPERSCRIPT = 5,
  TEXLEX_ISSUE_UNBALANCED_GROUP = 6,
  TEXLEX_ISSUE_UTF16_TEXT = 7,     /* of the whole document, and then its only issue */
  TEXLEX_ISSUE_BYTE_ORDER_MARK = 8 /* that of UTF-8, in an 8-bit regime */
} texlex_issue_kind;

/* One issue and the byte offset it begins at. */
typedef struct texlex_issue {
  uint8_t kind; /* a texlex_issue_kind */
  uint32_t offset;
} texlex_issue;

/* Offsets are 32 bits wide: 4 GiB - 1 bytes. */
#define TEXLEX_DOCUMENT_BYTES_MAX 0xFFFFFFFFu

/* Flags of texlex_options. */
#define TEXLEX_COPY_DOCUMENT 1u /* the tokens keep a copy of the document */

/* How to tokenize. Begin with TEXLEX_OPTIONS_INIT or texlex_options_init and change what you want. */
typedef struct texlex_options {
  size_t struct_size; /* sizeof(texlex_options) */
  const char* regime; /* a name that texlex_regime_name tells; NULL: "latex", the body of a document */
  const char* kernel; /* a name that texlex_kernel_name tells; NULL or "best": the fastest; all give the same tokens */
  uint32_t view;      /* a texlex_view; by default TEXLEX_VIEW_TEX */
  uint32_t column_unit; /* a texlex_column_unit; by default TEXLEX_COLUMN_CODE_POINTS */
  uint64_t issues_max;  /* how many issues to keep, the first ones; all are counted. By default 65536 */
  uint64_t flags;       /* by default 0 */
} texlex_options;

#define TEXLEX_OPTIONS_INIT                                                                                            \
  { sizeof(texlex_options), NULL, NULL, TEXLEX_VIEW_TEX, TEXLEX_COLUMN_CODE_POINTS, 65536, 0 }

/* What TEXLEX_OPTIONS_INIT is, for languages without macros; `struct_size` is the size of the caller's structure. */
TEXLEX_API texlex_status texlex_options_init(texlex_options* options, size_t struct_size) TEXLEX_NOEXCEPT;

/* ---- Versions and names. Texts are NUL-terminated and live for ever; NULL where there is none of that number. */

/* The version of the library that runs, such as "0.1.0"; TEXLEX_VERSION_STRING is that of this header. */
TEXLEX_API const char* texlex_version(void) TEXLEX_NOEXCEPT;
TEXLEX_API uint32_t texlex_abi_version(void) TEXLEX_NOEXCEPT;

/* A sentence for people. Never NULL. */
TEXLEX_API const char* texlex_status_text(texlex_status status) TEXLEX_NOEXCEPT;

/* Category-code regimes, from 0 on: "initex", "plain", "latex", "latex-package", "expl3", and these with "-8bit". */
TEXLEX_API size_t texlex_regime_count(void) TEXLEX_NOEXCEPT;
TEXLEX_API const char* texlex_regime_name(size_t index) TEXLEX_NOEXCEPT;

/* The kernels this processor can run, the fastest first; the last is "reference". */
TEXLEX_API size_t texlex_kernel_count(void) TEXLEX_NOEXCEPT;
TEXLEX_API const char* texlex_kernel_name(size_t index) TEXLEX_NOEXCEPT;

/* Kinds of tokens: all are below the count; not every number is one. Names are those `texlex tokens` prints: the
 * category code in decimal, or "par", "comment", "blank", "eol", "ignored", "invalid". */
TEXLEX_API size_t texlex_kind_count(void) TEXLEX_NOEXCEPT;
TEXLEX_API const char* texlex_kind_name(uint32_t kind) TEXLEX_NOEXCEPT;

/* Kinds of issues, such as "malformed-utf8": all are below the count, and 0 is none. */
TEXLEX_API size_t texlex_issue_kind_count(void) TEXLEX_NOEXCEPT;
TEXLEX_API const char* texlex_issue_kind_name(uint32_t kind) TEXLEX_NOEXCEPT;

/* ---- Tokens of a document */

/* The tokens of one document. Immutable. */
typedef struct texlex_tokens texlex_tokens;

/* Tokenizes `bytes` bytes at `document`, which may be NULL if there are none. `options` may be NULL for the defaults.
 * Costs little more than the scan itself, and at most 1.2 bytes of memory a byte, beside the issues that are kept. */
TEXLEX_API texlex_status texlex_tokenize(const void* document, size_t bytes, const texlex_options* options,
                                         texlex_tokens** tokens) TEXLEX_NOEXCEPT;
TEXLEX_API void texlex_tokens_free(texlex_tokens* tokens) TEXLEX_NOEXCEPT;

/* How many tokens there are; 0 for NULL. */
TEXLEX_API uint64_t texlex_tokens_count(const texlex_tokens* tokens) TEXLEX_NOEXCEPT;

/* The kind of each token, a texlex_kind. Valid as long as the tokens. NULL for NULL. */
TEXLEX_API const uint8_t* texlex_tokens_kinds(const texlex_tokens* tokens) TEXLEX_NOEXCEPT;

/* The byte offset of each token's first byte, ascending. Made at the first call and kept as long as the tokens. */
TEXLEX_API texlex_status texlex_tokens_starts(const texlex_tokens* tokens, const uint32_t** starts) TEXLEX_NOEXCEPT;

/* How many issues the document has; how many of them were kept, the first ones; and these, in order of offset. */
TEXLEX_API uint64_t texlex_tokens_issue_count(const texlex_tokens* tokens) TEXLEX_NOEXCEPT;
TEXLEX_API uint64_t texlex_tokens_issues_kept(const texlex_tokens* tokens) TEXLEX_NOEXCEPT;
TEXLEX_API const texlex_issue* texlex_tokens_issues(const texlex_tokens* tokens) TEXLEX_NOEXCEPT;

/* The line and column, from 1, of a byte offset that is at most the document's size: of an issue, say. Reads the
 * document from its first byte on; for tokens a walker or texlex_columns is the way. */
TEXLEX_API texlex_status texlex_tokens_place(const texlex_tokens* tokens, uint64_t offset, uint64_t* line,
                                             uint64_t* column) TEXLEX_NOEXCEPT;

/* ---- Token by token */

/* One token. Begin with TEXLEX_TOKEN_INIT, so that its size is set before it is first filled. */
typedef struct texlex_token {
  size_t struct_size; /* sizeof(texlex_token) */
  uint32_t kind;      /* a texlex_kind */
  uint32_t code;      /* the code point of a character or active character; 32 for every space; else 0 */
  uint64_t start;     /* byte offset of its first byte */
  uint64_t end;       /* byte offset behind its last byte */
  uint64_t line;      /* of its start; from 1 */
  uint64_t column;    /* of its start; from 1, in the unit asked for */
  const char* text;   /* its bytes in the document, [start, end); not NUL-terminated */
  size_t text_bytes;
  const char* name; /* of a control sequence: in UTF-8, without the escape character, `^^` notation resolved; not
                       NUL-terminated, valid up to the walker's next step; else of no bytes */
  size_t name_bytes;
} texlex_token;

#define TEXLEX_TOKEN_INIT                                                                                              \
  { sizeof(texlex_token), 0, 0, 0, 0, 0, 0, NULL, 0, NULL, 0 }

/* A place among tokens that goes forward. */
typedef struct texlex_walker texlex_walker;

/* Tokenizes and walks in one: the walker owns the tokens. Arguments are those of texlex_tokenize. */
TEXLEX_API texlex_status texlex_walk(const void* document, size_t bytes, const texlex_options* options,
                                     texlex_walker** walker) TEXLEX_NOEXCEPT;

/* Walks over tokens, which must outlive the walker. */
TEXLEX_API texlex_status texlex_tokens_walk(const texlex_tokens* tokens, texlex_walker** walker) TEXLEX_NOEXCEPT;

/* Tells the next token: TEXLEX_OK, or TEXLEX_END behind the last one. */
TEXLEX_API texlex_status texlex_walker_next(texlex_walker* walker, texlex_token* token) TEXLEX_NOEXCEPT;

/* The tokens that are walked over, for their count and issues. NULL for NULL. */
TEXLEX_API const texlex_tokens* texlex_walker_tokens(const texlex_walker* walker) TEXLEX_NOEXCEPT;
TEXLEX_API void texlex_walker_free(texlex_walker* walker) TEXLEX_NOEXCEPT;

/* ---- Derived columns of all tokens at once */

/* What to derive, to be or-ed. */
#define TEXLEX_COLUMNS_ENDS 1u
#define TEXLEX_COLUMNS_CODES 2u
#define TEXLEX_COLUMNS_LINES 4u
#define TEXLEX_COLUMNS_COLUMNS 8u
#define TEXLEX_COLUMNS_NAMES 16u

/* Immutable, and independent of the tokens it was made of. */
typedef struct texlex_columns texlex_columns;

/* Derives what `which` asks for, in one pass over the document: some 20 ns a token. */
TEXLEX_API texlex_status texlex_tokens_columns(const texlex_tokens* tokens, uint32_t which,
                                               texlex_columns** columns) TEXLEX_NOEXCEPT;
TEXLEX_API void texlex_columns_free(texlex_columns* columns) TEXLEX_NOEXCEPT;

/* Each has an entry a token, as texlex_token explains it, and is NULL if it was not asked for. A column number above
 * 4294967295 is told as that. */
TEXLEX_API const uint32_t* texlex_columns_ends(const texlex_columns* columns) TEXLEX_NOEXCEPT;
TEXLEX_API const uint32_t* texlex_columns_codes(const texlex_columns* columns) TEXLEX_NOEXCEPT;
TEXLEX_API const uint32_t* texlex_columns_lines(const texlex_columns* columns) TEXLEX_NOEXCEPT;
TEXLEX_API const uint32_t* texlex_columns_columns(const texlex_columns* columns) TEXLEX_NOEXCEPT;

/* Names lie one behind the other: that of token i is bytes [offsets[i], offsets[i + 1]) of `name_bytes`. */
TEXLEX_API const uint32_t* texlex_columns_name_offsets(const texlex_columns* columns) TEXLEX_NOEXCEPT;
TEXLEX_API const char* texlex_columns_name_bytes(const texlex_columns* columns) TEXLEX_NOEXCEPT;

/* ---- Into the caller's own memory: nothing is allocated, except once for a regime at its first use */

/* How many tokens a document of so many bytes may have, and how many words its bitmap of starts takes. */
TEXLEX_API uint64_t texlex_tokens_max(uint64_t document_bytes) TEXLEX_NOEXCEPT;
TEXLEX_API uint64_t texlex_start_words(uint64_t document_bytes) TEXLEX_NOEXCEPT;

/* Where a scan writes. None of the memory need be cleared. Begin with TEXLEX_SCAN_MEMORY_INIT. */
typedef struct texlex_scan_memory {
  size_t struct_size;      /* sizeof(texlex_scan_memory) */
  uint64_t token_capacity; /* room in `kinds` and `starts`, at least texlex_tokens_max(bytes) */
  uint8_t* kinds;
  uint32_t* starts;     /* or NULL, and */
  uint64_t* start_bits; /* texlex_start_words(bytes) words: bit i % 64 of word i / 64 tells whether a token starts at
                           byte i. Less memory, and faster. Not used if `starts` is not NULL */
  uint64_t issue_capacity;
  texlex_issue* issues; /* may be NULL if there is room for none */
  uint64_t token_count; /* told by the scan: the entries of `kinds`, and of `starts`, that hold tokens */
  uint64_t issue_count; /* told by the scan: of all issues; `issues` holds the first ones */
} texlex_scan_memory;

#define TEXLEX_SCAN_MEMORY_INIT                                                                                        \
  { sizeof(texlex_scan_memory), 0, NULL, NULL, NULL, 0, NULL, 0, 0 }

/* Tokenizes into `memory`. Of the options `issues_max`, `column_unit` and `flags` mean nothing here. */
TEXLEX_API texlex_status texlex_scan(const void* document, size_t bytes, const texlex_options* options,
                                     texlex_scan_memory* memory) TEXLEX_NOEXCEPT;

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* TEXLEX_TEXLEX_H */
