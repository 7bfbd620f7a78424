// texlex client for Boost.Asio: tokens from a running texlexd, without waiting. For C++17 and later, and Boost 1.74 and
// later; `co_await` with boost::asio::use_awaitable is for C++20. docs/client.md shows its use by examples.
//
//   auto client = texlex::remote::async_client<>::open(executor, {"unix:/run/texlexd.sock"});
//   client->async_tokenize(document, {}, [](texlex::remote::result<texlex::remote::tokens> tokens) { ... });
//   auto tokens = co_await client->async_tokenize(document, {}, boost::asio::use_awaitable);
//
// Errors are values: a completion has one `result`, and no error code. Handlers run on their own executor, or else on
// the client's, and never before the call that began them has returned.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include "texlex/client.hpp"

namespace texlex::remote {
inline namespace abi_1 {
namespace detail {

/// Serves a client while requests are under way: waits on its descriptor, and has it do what there is to do.
template <class Executor>
class async_service : public std::enable_shared_from_this<async_service<Executor>> {
public:
  async_service(const Executor& executor, client asked)
    : executor_(executor), strand_(boost::asio::make_strand(executor)), client_(std::move(asked)),
      watched_(strand_, texlex_client_descriptor(client_.get())) {}
  ~async_service() { (void)watched_.release(); } // the client's
  async_service(const async_service&) = delete;
  async_service& operator=(const async_service&) = delete;

  [[nodiscard]] const Executor& executor() const noexcept { return executor_; }
  [[nodiscard]] texlex_client* handle() const noexcept { return client_.get(); }

  void begun() {
    ++under_way_;
    boost::asio::dispatch(strand_, [self = this->shared_from_this()] { self->watch(); });
  }
  /// The last one may have ended by another's turn: then nothing would come any more.
  void ended() {
    if (--under_way_ > 0) return;
    boost::asio::dispatch(strand_, [self = this->shared_from_this()] {
      if (self->under_way_ == 0 && self->is_watched_) self->watched_.cancel();
    });
  }

private:
  // On the strand. Nothing is watched while nothing is under way, so that an io_context without work ends.
  void watch() {
    if (is_watched_ || under_way_ == 0) return;
    is_watched_ = true;
    watched_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                        [self = this->shared_from_this()](const boost::system::error_code& failed) {
                          self->is_watched_ = false;
                          if (failed && failed != boost::asio::error::operation_aborted) return;
                          texlex_client_turn(self->handle());
                          self->watch();
                        });
  }

  Executor executor_;
  boost::asio::strand<Executor> strand_;
  client client_;
  boost::asio::posix::basic_stream_descriptor<boost::asio::strand<Executor>> watched_;
  std::atomic<std::size_t> under_way_{0};
  bool is_watched_ = false;
};

/// One request: its call, and who is to be told. Owns itself until it is told.
template <class Executor, class Handler>
class async_request {
public:
  async_request(std::shared_ptr<async_service<Executor>> service, Handler handler)
    : service_(std::move(service)), handler_(std::move(handler)),
      work_(boost::asio::get_associated_executor(handler_, service_->executor())) {}

  static void begin(std::shared_ptr<async_service<Executor>> service, const texlex_client_request& asked,
                    Handler handler) {
    auto made = std::make_unique<async_request>(std::move(service), std::move(handler));
    async_request* const self = made.get();
    // Its end may come before `call_` is set, on this thread or on another: who is second tells.
    texlex_client_call* call = nullptr;
    const auto begun = texlex_client_submit(self->service_->handle(), &asked, &async_request::on_end, self, &call);
    (void)made.release();
    if (begun != TEXLEX_CLIENT_OK) return self->tell(static_cast<status>(begun));
    self->call_.reset(call);
    self->service_->begun();
    if (self->steps_.fetch_add(1) == 1) self->take();
  }

private:
  static void on_end(void* context) {
    auto* const self = static_cast<async_request*>(context);
    if (self->steps_.fetch_add(1) == 1) self->take();
  }

  // Not from within the client, which would wait for this to return.
  void take() {
    service_->ended();
    texlex_client_answer* answer = nullptr;
    const auto ended = texlex_client_take(call_.get(), &answer);
    tell(result_of(ended, answer));
  }

  void tell(result<tokens> ended) {
    const std::unique_ptr<async_request> self{this};
    auto executor = work_.get_executor();
    boost::asio::post(executor, [handler = std::move(handler_), work = std::move(work_),
                                 ended = std::move(ended)]() mutable { std::move(handler)(std::move(ended)); });
  }

  std::shared_ptr<async_service<Executor>> service_;
  Handler handler_;
  boost::asio::executor_work_guard<boost::asio::associated_executor_t<Handler, Executor>> work_;
  std::unique_ptr<texlex_client_call, free_call> call_;
  std::atomic<int> steps_{0};
};

} // namespace detail

/// Asks one or several servers from an event loop. Any threads may use one at once.
template <class Executor = boost::asio::any_io_executor>
class async_client {
public:
  using executor_type = Executor;

  async_client() noexcept = default;

  /// As `client::open`. Throws boost::system::system_error if the executor cannot watch one more descriptor.
  static result<async_client> open(const Executor& executor, const std::vector<std::string>& urls,
                                   const client_options& how = {}) {
    auto made = client::open(urls, how);
    if (!made) return made.error();
    return async_client{std::make_shared<detail::async_service<Executor>>(executor, std::move(*made))};
  }

  /// The tokens of a document, which must stay until the handler is called, as `result<tokens>`. `question::timeout`
  /// bounds how long it may take. What is under way goes on if the client ends.
  template <class CompletionToken>
  auto async_tokenize(std::string_view document, question how, CompletionToken&& token) {
    return ask<CompletionToken>([document](const question& asked) { return detail::request_of(document, asked); },
                                std::move(how), token);
  }
  /// The same of sealed memory, which must stay as long.
  template <class CompletionToken>
  auto async_tokenize(const sealed_document& document, question how, CompletionToken&& token) {
    return ask<CompletionToken>([&document](const question& asked) { return detail::request_of(document, asked); },
                                std::move(how), token);
  }

  [[nodiscard]] executor_type get_executor() const noexcept { return service_->executor(); }

private:
  using service = detail::async_service<Executor>;

  explicit async_client(std::shared_ptr<service> made) noexcept : service_(std::move(made)) {}

  template <class CompletionToken, class MakeRequest, class Token>
  auto ask(MakeRequest make_request, question how, Token& token) {
    return boost::asio::async_initiate<CompletionToken, void(result<tokens>)>(
      [](auto handler, std::shared_ptr<service> asked, MakeRequest make, const question& wanted) {
        detail::async_request<Executor, decltype(handler)>::begin(std::move(asked), make(wanted), std::move(handler));
      },
      token, service_, std::move(make_request), std::move(how));
  }

  std::shared_ptr<service> service_;
};

} // namespace abi_1
} // namespace texlex::remote
