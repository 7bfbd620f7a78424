// cluster_relay SEED: orders come by standard input, a line each; it ends where they end.
#include "test/cluster/relay/orders.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>

#include <iostream>

#include <unistd.h>

namespace {

using namespace texlex::test;

class desk {
public:
  desk(boost::asio::io_context& context, relay& relay)
    : context_{context}, relay_{relay}, input_{context, ::dup(STDIN_FILENO)} {}

  void read_on() {
    boost::asio::async_read_until(input_, text_, '\n', [this](const boost::system::error_code& error, size_t) {
      if (error) return context_.stop();
      std::istream stream{&text_};
      std::string line;
      std::getline(stream, line);
      std::cout << obey(relay_, line) << std::endl;
      read_on();
    });
  }

private:
  boost::asio::io_context& context_;
  relay& relay_;
  boost::asio::posix::stream_descriptor input_;
  boost::asio::streambuf text_;
};

} // namespace

int main(int count, char** words) {
  if (count != 2) {
    std::cerr << "Usage: cluster_relay SEED\n";
    return 2;
  }
  boost::asio::io_context context{1};
  relay relay{context, std::stoull(words[1])};
  desk desk{context, relay};
  desk.read_on();
  context.run();
}
