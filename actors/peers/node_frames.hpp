// What nodes say to each other, byte by byte. A frame is a kind, then fields of fixed order, all little-endian, texts
// with their length in front. What a newer minor version adds stands behind what is known, and is not looked at; a kind
// that is not known is passed over. All that is decoded is checked: a hostile peer gets nowhere.
//
// giver                              lender
//   hello            ──────────────▶         who I am
//                    ◀────────────── answer  who I am, or why not
//   words of lane_words.hpp, both ways, and beside them
//   chunk            ──────────────▶         a document's bytes, after its order
//                    ◀────────────── columns, chunk   an answer's columns, before its result
//                    ◀─────────────▶ bytes_taken      which makes room for more chunks
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "actors/peers/lane_words.hpp"
#include "kernels/column_answer.hpp"

namespace texlex {

/// Nodes of different majors do not work together. The minor tells what else is understood: the lower one holds.
inline constexpr uint16_t node_protocol_major = 1;
inline constexpr uint16_t node_protocol_minor = 0;

inline constexpr size_t node_text_bytes_max = 64;     ///< of a name
inline constexpr size_t node_address_bytes_max = 300; ///< "host:port"
inline constexpr size_t chunk_bytes_max = 64u << 10;
/// Whatever a node says.
inline constexpr uint64_t node_window_bytes_min = 64u << 10;
inline constexpr uint64_t node_window_bytes_max = 64u << 20;

/// Drawn at a node's start. Not its machine's, as a machine may be cloned.
struct node_id {
  std::array<uint8_t, 16> bytes{};
  friend auto operator<=>(const node_id&, const node_id&) = default;
};

/// Who a node is.
struct node_hello {
  uint16_t major = node_protocol_major;
  uint16_t minor = node_protocol_minor;
  node_id id{};
  uint64_t rules = 0; ///< a hash of the tables its regimes are made of (`rules_hash`)
  uint32_t capacity = 0;
  uint64_t document_bytes_max = 0;
  uint64_t window_bytes = 0; ///< of chunks that it lets be under way to it
  bool draining = false;
  std::string cluster{}, name{}, zone{}, address{}, kernel{}, build{};
  friend bool operator==(const node_hello&, const node_hello&) = default;
};

/// Why a node will not lend.
enum class node_refusal : uint8_t {
  none,
  another_cluster,
  another_version,
  another_rules,
  itself,
  leaving,
  too_many_peers,
  id_in_use, ///< by a node at another address
};
[[nodiscard]] const char* name_of(node_refusal why) noexcept;

struct node_answer {
  node_refusal why = node_refusal::none;
  node_hello said{};
};

/// An answer to the order of that number has columns: chunks with them follow, and then its result.
struct columns_begin {
  link_epoch epoch{};
  uint64_t number = 0;
  column_counts counts{};
};

/// Bytes of the document of an order, or of the columns of its answer, one behind the other.
struct chunk {
  link_epoch epoch{};
  uint64_t number = 0; ///< of the order
  uint64_t offset = 0;
  bool tell = false;        ///< `bytes_taken` is to be said
  std::string_view bytes{}; ///< in the frame
};

/// So many bytes of chunks have been taken in all since the welcome.
struct bytes_taken {
  link_epoch epoch{};
  uint64_t bytes = 0;
};

/// A frame of a kind that is not known: of a newer version.
struct unknown_frame {};

using node_frame =
  std::variant<node_hello, node_answer, link_greeting, link_order, link_abandon, giver_beat, link_welcome, link_result,
               lane_beat, link_stranger, link_leaving, columns_begin, chunk, bytes_taken, unknown_frame>;

/// Throw std::bad_alloc, as do all below.
[[nodiscard]] std::string encode(const node_hello& said);
[[nodiscard]] std::string encode(const node_answer& said);
[[nodiscard]] std::string encode(const giver_word& word);
[[nodiscard]] std::string encode(const lane_word& word);
[[nodiscard]] std::string encode(const columns_begin& said);
[[nodiscard]] std::string encode(const chunk& one);
[[nodiscard]] std::string encode(const bytes_taken& said);

/// Nothing if it makes no sense. Views of the result are of `frame`.
[[nodiscard]] std::optional<node_frame> decode_node_frame(std::string_view frame);

/// What says whether a giver and a lender may work together, as the lender sees it.
[[nodiscard]] node_refusal refusal_of(const node_hello& giver, const node_hello& lender) noexcept;

/// How many bytes of chunks may be under way between the two, each way: both ends must reckon with the same, as a giver
/// or lender with more room tells less often what it has taken.
[[nodiscard]] uint64_t window_between(const node_hello& one, const node_hello& other) noexcept;

/// A hash of all that decides how any regime of this build makes tokens.
[[nodiscard]] uint64_t rules_hash();

} // namespace texlex
