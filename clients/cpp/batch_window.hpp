// How many documents of batches are in flight on a connection, learnt from how many its server had room for. No clock.
#pragma once

#include <cstddef>
#include <cstdint>

namespace texlex::client_core {

/// Without a bound until some are refused. Then as many as were served beside them, or half as many as before where
/// none was; and more again, an eighth at a time, as long as all are served.
class batch_window {
public:
  /// How many more may be sent now.
  [[nodiscard]] size_t room() const noexcept { return in_flight_ < documents_max_ ? documents_max_ - in_flight_ : 0; }

  /// A frame with so many documents. Frames have ids that ascend.
  void sent(uint64_t frame, size_t documents) noexcept;
  /// What became of it: so many were served, and so many refused for lack of room.
  void answered(uint64_t frame, size_t documents, size_t served, size_t refused) noexcept;

private:
  size_t documents_max_ = SIZE_MAX;
  size_t in_flight_ = 0;
  uint64_t last_sent_ = 0;
  uint64_t cut_behind_ = 0; ///< frames up to this one were in flight when the bound was made: they say nothing new
};

} // namespace texlex::client_core
