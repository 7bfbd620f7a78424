#include "clients/cpp/batch_window.hpp"

#include <algorithm>

namespace texlex::client_core {

void batch_window::answered(size_t documents, size_t refused) noexcept {
  if (refused > 0) {
    const size_t served = documents - refused;
    documents_ = std::max(size_t{1}, served > 0 ? served : documents / 2);
  } else if (documents >= documents_) {
    documents_ = std::min<size_t>(2 * documents_, limits::batch_documents_max);
  }
}

} // namespace texlex::client_core
