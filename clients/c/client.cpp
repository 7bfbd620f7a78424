#include <algorithm>
#include <cerrno>
#include <cstddef>

#include "clients/c/handles.hpp"
#include "kernels/api/versioned_struct.hpp"

using namespace texlex::client_core;

namespace {

// What the first version had.
constexpr size_t options_bytes_first = offsetof(texlex_client_options, unreachable_attempts_max);
constexpr uint64_t pending_ceiling = 1u << 20;
constexpr uint64_t attempts_ceiling = 1000;

texlex_client_status read_options(const texlex_client_options* given, client_settings& into) {
  texlex_client_options ours = TEXLEX_CLIENT_OPTIONS_INIT;
  if (given != nullptr && !texlex::api::read_struct(given, options_bytes_first, ours))
    return TEXLEX_CLIENT_UNSUPPORTED_STRUCT;
  const auto is_time = [](uint64_t milliseconds) { return milliseconds > 0 && milliseconds <= timeout_ms_max; };
  if (!is_time(ours.timeout_ms) || !is_time(ours.connect_timeout_ms)) return TEXLEX_CLIENT_BAD_OPTION;
  if (ours.attempts_max == 0 || ours.attempts_max > attempts_ceiling) return TEXLEX_CLIENT_BAD_OPTION;
  if (ours.unreachable_attempts_max > attempts_ceiling) return TEXLEX_CLIENT_BAD_OPTION;
  if (ours.pending_max == 0 || ours.pending_max > pending_ceiling) return TEXLEX_CLIENT_BAD_OPTION;
  into.timeout = std::chrono::milliseconds{ours.timeout_ms};
  into.connect_timeout = std::chrono::milliseconds{ours.connect_timeout_ms};
  into.attempts_max = static_cast<uint32_t>(ours.attempts_max);
  into.unreachable_attempts_max = static_cast<uint32_t>(ours.unreachable_attempts_max);
  into.pending_max = static_cast<uint32_t>(ours.pending_max);
  return TEXLEX_CLIENT_OK;
}

texlex_client_status read_endpoints(const char* const* urls, size_t count, client_settings& into) {
  if (count == 0 || count > dispatcher::servers_max) return TEXLEX_CLIENT_BAD_ENDPOINT;
  for (size_t i = 0; i < count; ++i) {
    if (urls[i] == nullptr) return TEXLEX_CLIENT_NULL_ARGUMENT;
    auto read = parse_endpoint(urls[i]);
    if (!read) return TEXLEX_CLIENT_BAD_ENDPOINT;
    into.servers.push_back(std::move(*read));
  }
  return TEXLEX_CLIENT_OK;
}

// Documents of a batch that are handed over together, so that they can go in one frame.
constexpr size_t batch_at_once = 256;

// All documents of a batch under way, as many at a time as may be.
class batch_in_flight {
public:
  batch_in_flight(engine& client, const asked_for& understood)
    : client_(client), understood_(understood), deadline_(texlex::now() + understood.timeout) {}
  // Where the whole batch fails nobody waits for those that were begun.
  ~batch_in_flight() {
    for (; waited_ < requests_.size(); ++waited_) client_.cancel(requests_[waited_]);
  }
  batch_in_flight(const batch_in_flight&) = delete;
  batch_in_flight& operator=(const batch_in_flight&) = delete;

  [[nodiscard]] texlex_client_status begin(std::span<const texlex_client_document> documents) {
    std::vector<request_ptr> some;
    for (const texlex_client_document& each : documents) {
      some.push_back(make_request(understood_));
      some.back()->is_of_batch = true;
      some.back()->document = {static_cast<const uint8_t*>(each.bytes), each.size};
      some.back()->deadline = deadline_;
    }
    requests_.reserve(requests_.size() + some.size()); // what was begun is to be remembered
    for (;;) {
      const auto begun = client_.submit(some);
      if (begun == TEXLEX_CLIENT_OK) break;
      if (begun != TEXLEX_CLIENT_TOO_MANY_REQUESTS || waited_ == requests_.size()) return begun;
      client_.wait(requests_[waited_++]);
    }
    requests_.insert(requests_.end(), some.begin(), some.end());
    return TEXLEX_CLIENT_OK;
  }

  void wait(texlex_client_answer** answers) {
    for (; waited_ < requests_.size(); ++waited_) client_.wait(requests_[waited_]);
    for (size_t i = 0; i < requests_.size(); ++i) answers[i] = take_answer(*requests_[i]);
  }

private:
  engine& client_;
  const asked_for& understood_;
  texlex::instant deadline_;
  std::vector<request_ptr> requests_;
  size_t waited_ = 0; ///< of them
};

} // namespace

extern "C" {

texlex_client_status texlex_client_options_init(texlex_client_options* options, size_t struct_size) TEXLEX_NOEXCEPT {
  if (options == nullptr) return TEXLEX_CLIENT_NULL_ARGUMENT;
  options->struct_size = struct_size;
  const texlex_client_options usual = TEXLEX_CLIENT_OPTIONS_INIT;
  return texlex::api::write_struct(usual, options_bytes_first, options) ? TEXLEX_CLIENT_OK
                                                                        : TEXLEX_CLIENT_UNSUPPORTED_STRUCT;
}

texlex_client_status texlex_client_open(const char* const* urls, size_t url_count, const texlex_client_options* options,
                                        texlex_client** client) TEXLEX_NOEXCEPT {
  if (client == nullptr) return TEXLEX_CLIENT_NULL_ARGUMENT;
  *client = nullptr;
  if (urls == nullptr) return TEXLEX_CLIENT_NULL_ARGUMENT;
  return at_boundary([&] {
    client_settings settings;
    if (const auto wrong = read_options(options, settings); wrong != TEXLEX_CLIENT_OK) return wrong;
    if (const auto wrong = read_endpoints(urls, url_count, settings); wrong != TEXLEX_CLIENT_OK) return wrong;
    auto made = engine::make(std::move(settings));
    if (!made) return TEXLEX_CLIENT_SYSTEM;
    *client = std::make_unique<texlex_client>(texlex_client{std::move(made)}).release();
    return TEXLEX_CLIENT_OK;
  });
}

void texlex_client_free(texlex_client* client) TEXLEX_NOEXCEPT {
  if (client == nullptr) return;
  client->engine->close();
  delete client;
}

texlex_client_status texlex_client_tokenize(texlex_client* client, const texlex_client_request* request,
                                            texlex_client_answer** answer) TEXLEX_NOEXCEPT {
  if (answer == nullptr) return TEXLEX_CLIENT_NULL_ARGUMENT;
  *answer = nullptr;
  texlex_client_call* call = nullptr;
  const auto begun = texlex_client_submit(client, request, nullptr, nullptr, &call);
  if (begun != TEXLEX_CLIENT_OK) return begun;
  const auto ended = texlex_client_wait(call, answer);
  texlex_client_call_free(call);
  return ended;
}

texlex_client_status texlex_client_tokenize_batch(texlex_client* client, const texlex_client_request* request,
                                                  const texlex_client_document* documents, size_t count,
                                                  texlex_client_answer** answers) TEXLEX_NOEXCEPT {
  if (count > 0 && answers == nullptr) return TEXLEX_CLIENT_NULL_ARGUMENT;
  std::fill_n(answers, count, nullptr);
  if (client == nullptr || (count > 0 && documents == nullptr)) return TEXLEX_CLIENT_NULL_ARGUMENT;
  const auto ended = at_boundary([&] {
    auto read = understand(client->engine->settings(), request);
    if (const auto* const wrong = std::get_if<texlex_client_status>(&read)) return *wrong;
    const auto& understood = std::get<asked_for>(read);
    if (understood.document_descriptor >= 0 || !understood.document.empty()) return TEXLEX_CLIENT_BAD_OPTION;
    for (size_t i = 0; i < count; ++i) {
      if (documents[i].bytes == nullptr && documents[i].size > 0) return TEXLEX_CLIENT_NULL_ARGUMENT;
      if (documents[i].size > TEXLEX_DOCUMENT_BYTES_MAX) return TEXLEX_CLIENT_DOCUMENT_TOO_LARGE;
    }
    batch_in_flight batch{*client->engine, understood};
    const size_t at_once = std::min<size_t>(batch_at_once, client->engine->settings().pending_max);
    for (size_t first = 0; first < count; first += at_once) {
      const auto begun = batch.begin({documents + first, std::min(at_once, count - first)});
      if (begun != TEXLEX_CLIENT_OK) return begun;
    }
    batch.wait(answers);
    return TEXLEX_CLIENT_OK;
  });
  if (ended == TEXLEX_CLIENT_OK) return ended;
  for (size_t i = 0; i < count; ++i) texlex_client_answer_free(std::exchange(answers[i], nullptr));
  return ended;
}

texlex_client_status texlex_client_submit(texlex_client* client, const texlex_client_request* request,
                                          texlex_client_ended ended, void* context,
                                          texlex_client_call** call) TEXLEX_NOEXCEPT {
  if (call == nullptr) return TEXLEX_CLIENT_NULL_ARGUMENT;
  *call = nullptr;
  if (client == nullptr) return TEXLEX_CLIENT_NULL_ARGUMENT;
  return at_boundary([&] {
    auto read = understand(client->engine->settings(), request);
    if (const auto* const wrong = std::get_if<texlex_client_status>(&read)) return *wrong;
    auto made = std::make_unique<texlex_client_call>();
    made->engine = client->engine;
    made->asked = make_request(std::get<asked_for>(read));
    if (ended != nullptr) made->asked->ended = [ended, context] { ended(context); };
    *call = made.get(); // there before anybody is told
    const auto begun = client->engine->submit({made->asked});
    if (begun == TEXLEX_CLIENT_OK)
      (void)made.release();
    else
      *call = nullptr;
    return begun;
  });
}

texlex_client_status texlex_client_wait(texlex_client_call* call, texlex_client_answer** answer) TEXLEX_NOEXCEPT {
  if (answer == nullptr) return TEXLEX_CLIENT_NULL_ARGUMENT;
  *answer = nullptr;
  if (call == nullptr || !call->asked) return TEXLEX_CLIENT_NULL_ARGUMENT;
  call->engine->wait(call->asked);
  return texlex_client_take(call, answer);
}

texlex_client_status texlex_client_take(texlex_client_call* call, texlex_client_answer** answer) TEXLEX_NOEXCEPT {
  if (answer == nullptr) return TEXLEX_CLIENT_NULL_ARGUMENT;
  *answer = nullptr;
  if (call == nullptr || !call->asked) return TEXLEX_CLIENT_NULL_ARGUMENT;
  return at_boundary([&] {
    if (!call->engine->is_done(call->asked)) return TEXLEX_CLIENT_UNDER_WAY;
    *answer = take_answer(*call->asked);
    call->engine->cancel(call->asked); // whoever is told of it has been
    call->asked.reset();
    return (*answer)->said.status;
  });
}

void texlex_client_call_free(texlex_client_call* call) TEXLEX_NOEXCEPT {
  if (call == nullptr) return;
  if (call->asked) call->engine->cancel(call->asked);
  delete call;
}

int texlex_client_descriptor(const texlex_client* client) TEXLEX_NOEXCEPT {
  return client == nullptr ? -1 : client->engine->descriptor();
}

void texlex_client_turn(texlex_client* client) TEXLEX_NOEXCEPT {
  if (client != nullptr) client->engine->turn();
}

} // extern "C"
