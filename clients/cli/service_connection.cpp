#include "clients/cli/service_connection.hpp"

#include <array>
#include <memory>
#include <string_view>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "runtime/limits.hpp"

namespace texlex::cli {
namespace {

service_failure from(const client_error& error) {
  using kind = service_failure::kind;
  switch (error.fault) {
    case client_fault::closed:
    case client_fault::broken: return {kind::lost, status::ok, {}, error.sentence};
    case client_fault::malformed: return {kind::wrong, status::ok, {}, error.sentence};
    default: return {kind::unreachable, status::ok, {}, error.sentence};
  }
}

service_failure wrong(std::string sentence) {
  return {service_failure::kind::wrong, status::ok, {}, std::move(sentence)};
}

service_failure refused(const outcome& result) {
  const auto number = static_cast<uint32_t>(result.status);
  if (number >= status_count)
    return wrong(fmt::format("texlexd refused by a status this program does not know: {}", number));
  return {service_failure::kind::refused, result.status, std::chrono::milliseconds{result.token_count},
          fmt::format("texlexd refused: {}: {}", name_of(result.status), explain(result.status))};
}

bool is(const frame_header& header, frame_type type) noexcept { return header.type == static_cast<uint32_t>(type); }

} // namespace

std::variant<service_connection, service_failure> service_connection::open(const std::string& address,
                                                                           timeout answer_timeout) {
  auto connected = client::connect(address, answer_timeout);
  if (const auto* error = std::get_if<client_error>(&connected)) return from(*error);
  service_connection made{std::move(std::get<client>(connected))};
  auto failure = made.say_hello();
  if (!failure) return made;
  if (failure->status != status::unknown_type) return std::move(*failure);
  // It knows no hello and ends the connection: it is of version 1.
  connected = client::connect(address, answer_timeout);
  if (const auto* error = std::get_if<client_error>(&connected)) return from(*error);
  return service_connection{std::move(std::get<client>(connected))};
}

std::optional<service_failure> service_connection::say_hello() {
  const auto said = encode_hello({.version_min = 1, .version_max = protocol_version_max});
  const auto unsent =
    client_.send_frame(frame_type::hello, hello_id, {reinterpret_cast<const char*>(said.data()), said.size()});
  auto answered = answer_to(unsent, frame_type::hello_response, hello_id);
  if (auto* failure = std::get_if<service_failure>(&answered)) return std::move(*failure);
  const uint32_t bytes = std::get<frame_header>(answered).payload_bytes;
  if (bytes > limits::hello_response_payload_bytes_max)
    return wrong(fmt::format("texlexd answered the hello by {} bytes, which may be {} at most", bytes,
                             limits::hello_response_payload_bytes_max));
  std::vector<uint8_t> payload(bytes);
  if (const auto error = client_.receive_payload(payload)) return from(*error);
  auto decoded = decode_hello_response(payload);
  if (!decoded || decoded->version < 1 || decoded->version > protocol_version_max)
    return wrong("texlexd's answer to the hello is malformed");
  if (decoded->version == protocol_version_max) offer_ = std::move(decoded);
  return std::nullopt;
}

// The header of the frame of that type and id, or why there is none. What could not be sent may have been refused
// before it was read: that is worth more than that the connection has ended.
std::variant<frame_header, service_failure> service_connection::answer_to(const std::optional<client_error>& unsent,
                                                                          frame_type wanted, uint64_t id) {
  if (unsent && unsent->fault != client_fault::broken) return from(*unsent);
  auto received = client_.receive_header();
  if (const auto* error = std::get_if<client_error>(&received)) return from(unsent ? *unsent : *error);
  const auto& header = std::get<frame_header>(received);
  if (is(header, frame_type::response)) return refusal(header, id);
  if (!is(header, wanted)) return wrong(fmt::format("texlexd answered by a frame of type {}", header.type));
  if (header.id != id) return wrong(fmt::format("texlexd answered request {} instead of {}", header.id, id));
  return header;
}

// Of the request, or with id 0 of the connection.
service_failure service_connection::refusal(const frame_header& header, uint64_t id) {
  std::array<uint8_t, response_payload_bytes> payload{};
  if (header.payload_bytes != payload.size()) return wrong("texlexd answered by a malformed response");
  if (const auto error = client_.receive_payload(payload)) return from(*error);
  if (header.id != id && header.id != 0)
    return wrong(fmt::format("texlexd answered request {} instead of {}", header.id, id));
  const outcome result = decode_response(payload);
  if (result.status == status::ok) return wrong("texlexd answered by a response of version 1");
  return refused(result);
}

std::variant<token_columns, service_failure> service_connection::tokenize(const token_question& asked) {
  const uint64_t id = next_id_;
  const scan_input& input = asked.input;
  const auto head = encode_tokenize_head(
    {.columns = asked.columns, .view = input.view, .issues_told_max = asked.issues_told, .regime = input.regime->name},
    static_cast<uint32_t>(input.document.size()));
  auto answered =
    answer_to(client_.send_frame(frame_type::tokenize, id, head, input.document), frame_type::tokenize_response, id);
  if (auto* failure = std::get_if<service_failure>(&answered)) return std::move(*failure);
  const size_t bytes = std::get<frame_header>(answered).payload_bytes;
  if (bytes > answer_bytes_max(asked))
    return wrong(fmt::format("texlexd's answer is malformed: it has {} bytes, which may be {} at most", bytes,
                             answer_bytes_max(asked)));
  const auto payload = std::make_unique_for_overwrite<uint8_t[]>(bytes);
  if (const auto error = client_.receive_payload({payload.get(), bytes})) return from(*error);
  const auto decoded = decode_tokenized({payload.get(), bytes});
  if (!decoded) return wrong("texlexd's answer is malformed: it contradicts itself");
  next_id_ += 1;
  if (decoded->head.result.status != status::ok) return refused(decoded->head.result);
  auto taken = take_answer(asked, *decoded);
  if (const auto* why = std::get_if<std::string>(&taken)) return wrong("texlexd's answer is malformed: it " + *why);
  return std::move(std::get<token_columns>(taken));
}

std::variant<token_columns, service_failure> service_connection::count(std::span<const uint8_t> document) {
  const uint64_t id = next_id_;
  const auto unsent = client_.send_request(id, document);
  if (unsent && unsent->fault != client_fault::broken) return from(*unsent);
  auto received = client_.receive();
  if (const auto* error = std::get_if<client_error>(&received)) return from(unsent ? *unsent : *error);
  const auto& response = std::get<client_response>(received);
  const outcome& result = response.result;
  const bool of_the_connection = response.id == 0 && result.status != status::ok;
  if (response.id != id && !of_the_connection)
    return wrong(fmt::format("texlexd answered request {} instead of {}", response.id, id));
  next_id_ += 1;
  if (result.status != status::ok) return refused(result);
  if (result.token_count > tokens_max(document.size()) || result.issue_count > issues_max(document.size()))
    return wrong(
      fmt::format("texlexd's answer is malformed: it tells {} tokens and {} issues of a document of {} bytes",
                  result.token_count, result.issue_count, document.size()));
  token_columns counts;
  counts.count = result.token_count;
  counts.issue_count = result.issue_count;
  return counts;
}

} // namespace texlex::cli
