// Why a texlexd has no tokens of a document, for a person, and what that says of the server.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "clients/cli/service_offer.hpp"
#include "kernels/scan.hpp"
#include "texlex/client.hpp"

namespace texlex::cli {

struct service_failure {
  enum class kind : uint8_t {
    of_document, ///< others may fare better
    lost,        ///< nobody is there, or who is there keeps silent, has no room for long or is at its end
    wrong,       ///< what came is none that may come, or it does not do what it offered
  } what = kind::lost;
  std::string sentence;
};

/// Of a failure that the client library tells of a document; `url` is what it calls the server.
[[nodiscard]] service_failure describe_failure(const remote::failure& failure, const service_wishes& wishes,
                                               std::string_view url, const scan_input& input);

/// Of an answer that cannot be true; `why` is put behind "the answer".
[[nodiscard]] service_failure describe_wrong_answer(const std::string& why);

} // namespace texlex::cli
