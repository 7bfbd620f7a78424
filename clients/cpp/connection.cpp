#include "clients/cpp/connection.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/socket.h>

#include "runtime/batch_frame.hpp"
#include "runtime/limits.hpp"

namespace texlex::client_core {
namespace {

hello_response version_1_offer() {
  hello_response offer;
  offer.version = 1;
  offer.document_bytes_max = limits::document_bytes_max;
  offer.requests_in_flight_max = 16;
  offer.batch_documents_max = 0;
  return offer;
}

std::optional<answer> lost(const std::string& what) { return failed(TEXLEX_CLIENT_UNREACHABLE, what); }

std::optional<answer> lost_by_errno() {
  return lost("the connection to the server broke: "
              + std::string{std::strerror(errno)}); // NOLINT(concurrency-mt-unsafe)
}

uint32_t milliseconds_until(const std::vector<request_ptr>& requests, instant now) {
  instant first = requests.front()->deadline;
  for (const request_ptr& each : requests) first = std::min(first, each->deadline);
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(first - now).count();
  return static_cast<uint32_t>(std::clamp<int64_t>(left, 1, UINT32_MAX));
}

} // namespace

connection::connection(owned_fd socket, bool is_unix, bool greets, instant opening_until)
  : socket_(std::move(socket)), is_unix_(is_unix), greets_(greets), opening_until_(opening_until) {
  if (!greets) offer_ = version_1_offer();
}

bool connection::has_room(const request& asked) const noexcept {
  if (!is_open() || !out_.empty() || going_away_) return false;
  if (asked.is_of_batch && window_.room() == 0) return false;
  return flights_.size() < std::min(offer_->requests_in_flight_max, requests_max);
}

connection::batch_room connection::room() const noexcept {
  if (!offer_ || offer_->version == 1 || offer_->batch_documents_max == 0) return {};
  const uint64_t bytes_max = limits::frame_payload_bytes_max - 2 * limits::tokenize_head_bytes_max;
  const size_t documents_max = std::min(offer_->batch_documents_max, limits::batch_documents_max);
  return {std::min(documents_max, window_.room()), std::min(offer_->document_bytes_max, bytes_max)};
}

std::vector<request_ptr> connection::requests() const {
  std::vector<request_ptr> all;
  for (const auto& [id, sent] : flights_)
    for (const request_ptr& each : sent.requests)
      if (each) all.push_back(each);
  return all;
}

instant connection::due() const noexcept {
  instant first = is_open() ? instant::max() : opening_until_;
  for (const auto& [id, sent] : flights_)
    if (sent.abandoned_since) first = std::min(first, *sent.abandoned_since + abandoned_patience);
  return first;
}

std::optional<answer> connection::check_time(instant now) const {
  if (now < due()) return std::nullopt;
  if (!is_open()) return lost("the server could not be connected to in time, or did not answer the hello");
  return lost("the server did not answer a cancelled request within 5 s");
}

std::optional<answer> connection::send(const std::vector<request_ptr>& requests, instant now) {
  const uint64_t id = next_id_++;
  const request& first = *requests.front();
  const uint32_t deadline_ms = milliseconds_until(requests, now);
  flight sent{.requests = requests,
              .asked = first.asked,
              .document_bytes = {},
              .is_of_batch = first.is_of_batch,
              .type = frame_type::tokenize,
              .abandoned_since = std::nullopt};
  for (const request_ptr& each : requests) sent.document_bytes.push_back(static_cast<uint32_t>(each->document.size()));
  const auto& lengths = sent.document_bytes;
  const bool agreed = holds(offer_->features, hello_feature::descriptors) && is_unix_;
  // A copy, as the caller may close his before it is sent. Where none is to be had the bytes are sent.
  const bool is_single = requests.size() == 1;
  owned_fd passed;
  if (agreed && is_single && first.document_descriptor >= 0)
    passed = owned_fd{::fcntl(first.document_descriptor, F_DUPFD_CLOEXEC, 3)};
  const descriptor_use use{passed.is_open(), agreed && first.asked->columns_by_descriptor};
  if (offer_->version == 1) {
    sent.type = frame_type::request;
    out_.put(request_frame_head(id, lengths.front()));
  } else if (!is_single) {
    sent.type = frame_type::batch;
    out_.put(batch_frame_head(id, *first.asked, deadline_ms, lengths));
  } else {
    out_.put(tokenize_frame_head(id, *first.asked, deadline_ms, lengths.front(), use), std::move(passed));
  }
  if (!use.document)
    for (const request_ptr& each : requests) out_.put_document(*each);
  flights_.emplace(id, std::move(sent));
  if (first.is_of_batch && offer_->version > 1) window_.sent(id, requests.size());
  return write();
}

std::optional<answer> connection::abandon(const request& ended, instant now) {
  for (auto& [id, sent] : flights_) {
    const auto found = std::find_if(sent.requests.begin(), sent.requests.end(),
                                    [&](const request_ptr& each) { return each.get() == &ended; });
    if (found == sent.requests.end()) continue;
    out_.detach(ended);
    found->reset();
    const bool awaited = std::any_of(sent.requests.begin(), sent.requests.end(), [](const auto& each) { return each; });
    if (awaited || sent.abandoned_since) return std::nullopt;
    sent.abandoned_since = now;
    out_.put(cancel_frame(id));
    return write();
  }
  return std::nullopt;
}

std::optional<answer> connection::finish_connect() {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) return lost(std::strerror(error)); // NOLINT(concurrency-mt-unsafe)
  connected_ = true;
  if (!greets_) return std::nullopt;
  with_descriptors_ = is_unix_;
  out_.put(hello_frame(hello_id, is_unix_));
  return std::nullopt;
}

std::optional<answer> connection::write() {
  if (!connected_)
    if (auto over = finish_connect()) return over;
  if (is_open())
    for (const uint64_t id : releases_->take()) out_.put(release_frame(id));
  if (out_.write(socket_.get()) == outgoing::event::failed) return lost_by_errno();
  return std::nullopt;
}

std::optional<answer> connection::read(std::vector<settled>& into) {
  constexpr size_t turn_bytes = 4u << 20; // so that other connections have theirs
  using event = frame_receiver::event;
  for (size_t budget = turn_bytes; budget > 0;) {
    switch (in_.receive(socket_.get(), with_descriptors_)) {
      case event::blocked: return std::nullopt;
      case event::failed: return lost_by_errno();
      case event::unexpected: return broken_protocol("a descriptor came where none may");
      case event::ended:
        return lost(offer_ ? "the server ended the connection"
                           : "the server ended the connection before it answered the hello");
      case event::header: {
        const frame_header& header = in_.header();
        const auto bytes_max = payload_bytes_max(header);
        if (!bytes_max)
          return broken_protocol("a frame of type " + std::to_string(header.type) + " and id "
                                 + std::to_string(header.id) + ", which answers nothing");
        if (header.payload_bytes > *bytes_max)
          return broken_protocol("a frame of " + std::to_string(header.payload_bytes) + " bytes, which may have "
                                 + std::to_string(*bytes_max));
        in_.take_payload();
        break;
      }
      case event::frame:
        if (auto over = take_frame(into)) return over;
        break;
    }
    budget -= std::min(budget, in_.take_read_bytes());
  }
  return std::nullopt;
}

// How long a frame may be; nothing if none of its type and id can come now.
std::optional<uint64_t> connection::payload_bytes_max(const frame_header& header) const {
  const auto is = [&](frame_type type) { return header.type == static_cast<uint32_t>(type); };
  if (is(frame_type::hello_response) && greets_ && !offer_ && header.id == hello_id)
    return limits::hello_response_payload_bytes_max;
  if (is(frame_type::response)) return response_payload_bytes;
  if (is(frame_type::going_away) && offer_ && header.id == 0
      && (offer_->features & static_cast<uint32_t>(hello_feature::going_away)) != 0)
    return limits::hello_payload_bytes_max;
  const auto at = flights_.find(header.id);
  if (at == flights_.end()) return std::nullopt;
  const flight& sent = at->second;
  if (is(frame_type::tokenize_response) && sent.type == frame_type::tokenize)
    return response_bytes_max(*sent.asked, sent.document_bytes.front());
  if (!is(frame_type::batch_response) || sent.type != frame_type::batch) return std::nullopt;
  uint64_t bytes = batch_response_head_bytes(sent.document_bytes.size());
  for (const uint32_t each : sent.document_bytes) bytes += padded_to_column(response_bytes_max(*sent.asked, each));
  return bytes;
}

std::optional<answer> connection::take_frame(std::vector<settled>& into) {
  const frame_header header = in_.header();
  const bool lost_descriptor = in_.has_lost_descriptor();
  const owned_fd descriptor = in_.take_descriptor();
  const received_payload payload = in_.take_frame();
  const auto type = static_cast<frame_type>(header.type);
  if ((descriptor.is_open() || lost_descriptor) && type != frame_type::tokenize_response)
    return broken_protocol("a descriptor came where none may");
  if (type == frame_type::hello_response) return take_hello(payload.span());
  if (type == frame_type::response) return take_version_1(header, payload.span(), into);
  if (type == frame_type::going_away) return take_going_away(payload.span(), into);
  const auto at = flights_.find(header.id);
  if (at == flights_.end()) return broken_protocol("a response that answers nothing");
  if (type == frame_type::batch_response) return take_batch(at, payload, into);
  answer result = read_single(header.id, at->second, payload, descriptor, lost_descriptor);
  if (at->second.is_of_batch)
    window_.answered(header.id, 1, result.ok() ? 1 : 0, result.server_status == status::overload ? 1 : 0);
  auto over = settle(at->second, 0, std::move(result), into);
  if (!over) flights_.erase(at);
  return over;
}

std::optional<answer> connection::take_hello(std::span<const uint8_t> payload) {
  auto said = decode_hello_response(payload);
  if (!said || said->version < 1 || said->version > protocol_version_max)
    return broken_protocol("its hello response is malformed");
  if (said->requests_in_flight_max == 0 || said->document_bytes_max == 0)
    return broken_protocol("its hello response allows no request");
  with_descriptors_ = is_unix_ && holds(said->features, hello_feature::descriptors);
  offer_ = std::move(said);
  return std::nullopt;
}

// A response of version 1: to a request of it, to the hello of a server that knows none, or to the connection.
std::optional<answer> connection::take_version_1(const frame_header& header, std::span<const uint8_t> payload,
                                                 std::vector<settled>& into) {
  if (payload.size() != response_payload_bytes) return broken_protocol("its response is too short");
  const outcome said = decode_response(payload.first<response_payload_bytes>());
  if (const auto at = flights_.find(header.id); at != flights_.end() && at->second.type == frame_type::request) {
    auto over = settle(at->second, 0, read_counts(said, at->second.document_bytes.front()), into);
    if (!over) flights_.erase(at);
    return over;
  }
  if (!offer_ && header.id == hello_id && said.status == status::unknown_type) {
    knows_no_hello_ = true;
    return lost("the server speaks version 1 of the protocol and knows no hello");
  }
  if (header.id == 0 && said.status == status::too_many_connections) return refused(said.status, 0);
  return broken_protocol("a response of version 1 with id " + std::to_string(header.id) + " and status "
                         + std::string{name_of(said.status)});
}

bool connection::is_spent() const noexcept {
  const auto is_awaited = [](const auto& each) {
    const auto& requests = each.second.requests;
    return std::any_of(requests.begin(), requests.end(), [](const request_ptr& one) { return one != nullptr; });
  };
  return going_away_ && std::none_of(flights_.begin(), flights_.end(), is_awaited);
}

// What was sent behind the last request that was taken goes elsewhere at once. Its flight stays: it may be answered.
std::optional<answer> connection::take_going_away(std::span<const uint8_t> payload, std::vector<settled>& into) {
  const auto said = decode_going_away(payload);
  if (!said || said->last_id >= next_id_) return broken_protocol("its going-away frame is malformed");
  going_away_ = true;
  for (auto& [id, sent] : flights_) {
    if (id <= said->last_id) continue;
    for (size_t i = 0; i < sent.requests.size(); ++i) {
      if (!sent.requests[i]) continue;
      out_.detach(*sent.requests[i]);
      if (auto over = settle(sent, i, refused(status::shutting_down, 0), into)) return over;
    }
  }
  return std::nullopt;
}

std::optional<answer> connection::take_batch(flights::iterator at, const received_payload& payload,
                                             std::vector<settled>& into) {
  flight& sent = at->second;
  const auto said = decode_batch_response(payload.span());
  if (!said) return broken_protocol("its batch response contradicts itself");
  const bool ok = said->whole.status == status::ok;
  if (ok && said->responses.size() != sent.requests.size())
    return broken_protocol("it has " + std::to_string(said->responses.size()) + " responses to a batch of "
                           + std::to_string(sent.requests.size()) + " documents");
  std::vector<answer> results(sent.requests.size());
  size_t overloads = 0, served = 0;
  for (size_t i = 0; i < results.size(); ++i) {
    if (!sent.requests[i]) continue;
    results[i] = ok ? read_response(*sent.asked, sent.document_bytes[i], said->responses[i], payload.memory)
                    : refused(said->whole.status, said->whole.token_count);
    if (results[i].ok()) ++served;
    if (results[i].server_status == status::overload) ++overloads;
  }
  window_.answered(at->first, results.size(), served, overloads);
  for (size_t i = 0; i < results.size(); ++i) {
    if (!sent.requests[i]) continue;
    results[i].others_were_served = served > 0 && results[i].server_status == status::overload;
    if (auto over = settle(sent, i, std::move(results[i]), into)) return over;
  }
  flights_.erase(at);
  return std::nullopt;
}

answer connection::read_single(uint64_t id, const flight& sent, const received_payload& payload,
                               const owned_fd& descriptor, bool lost_descriptor) {
  const auto announced = lent_bytes(payload.span());
  const uint32_t bytes = sent.document_bytes.front();
  if (!announced) {
    if (descriptor.is_open() || lost_descriptor)
      return broken_protocol("a descriptor came that its frame does not tell");
    return read_response(*sent.asked, bytes, payload.span(), payload.memory);
  }
  if (!with_descriptors_ || !sent.asked->columns_by_descriptor)
    return broken_protocol("it tells of a descriptor that was not asked for");
  if (*announced > mapped_bytes_max(*sent.asked, bytes))
    return broken_protocol("its descriptor has more bytes than its answer may");
  if (!descriptor.is_open()) {
    releases_->add(id);
    if (!lost_descriptor) return broken_protocol("the descriptor it tells of did not come");
    return failed(TEXLEX_CLIENT_DESCRIPTOR_LOST,
                  "the server's descriptor did not arrive: this process may open no more "
                  "files; raise its limit or ask without descriptors");
  }
  auto mapped = map_columns(descriptor, *announced, releases_, id);
  if (const auto* const why = std::get_if<std::string>(&mapped)) return broken_protocol(*why);
  auto& lent = std::get<mapped_memory>(mapped);
  return read_mapped_response(*sent.asked, bytes, payload.span(), lent.bytes, lent.memory);
}

// A broken protocol ends the connection, and leaves those that are not settled in flight.
std::optional<answer> connection::settle(flight& sent, size_t index, answer result, std::vector<settled>& into) {
  if (result.status == TEXLEX_CLIENT_BROKEN_PROTOCOL) return result;
  if (result.status == TEXLEX_CLIENT_REFUSED && result.server_status == status::shutting_down) going_away_ = true;
  request_ptr& asked = sent.requests[index];
  if (!asked) return std::nullopt;
  out_.detach(*asked);
  into.push_back({std::move(asked), std::move(result)});
  asked.reset();
  return std::nullopt;
}

} // namespace texlex::client_core
