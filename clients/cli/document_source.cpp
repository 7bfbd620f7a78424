#include "clients/cli/document_source.hpp"

#include <array>
#include <cerrno>
#include <cstring>

namespace texlex::cli {

std::optional<named_input> document_source::next() {
  for (;;) {
    if (archive_) {
      if (auto document = archive_->next()) return document;
      archive_.reset();
    }
    if (next_name_ == names_.size()) return std::nullopt;
    const std::string name = std::move(names_[next_name_++]);
    if (auto read = open(name)) return named_input{name, std::move(*read)};
  }
}

// Nothing if it is an archive, which is open then.
std::optional<input> document_source::open(const std::string& name) {
  auto opened = input_file::open(name);
  if (const auto* error = std::get_if<std::string>(&opened)) return input{{}, *error};
  auto& file = std::get<input_file>(opened);
  std::array<uint8_t, archive_signature_bytes> first{};
  const ssize_t got = file.read_all(first);
  if (got < 0) return input{{}, cannot_read(name, std::strerror(errno))};
  const auto beginning = std::span{first}.first(static_cast<size_t>(got));
  read_bytes_ += beginning.size();
  if (!unpacks_ || !is_archive(beginning)) return read_rest(file, name, beginning, &read_bytes_);
  archive_.emplace(std::move(file), name, beginning, unpacked_bytes_max_, read_bytes_);
  return std::nullopt;
}

} // namespace texlex::cli
