#include "clients/cli/archive_reader.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>

#include <archive.h>
#include <archive_entry.h>
#include <spdlog/fmt/fmt.h>

#include "clients/cli/archive_stream.hpp"
#include "clients/cli/file_names.hpp"

namespace texlex::cli {
namespace {

// Of a tar archive: a header, and a block of zeros that ends it (POSIX wants two; some write one).
constexpr size_t tar_block_bytes = 512;
constexpr size_t tar_magic_offset = 257;
constexpr std::string_view tar_magic = "ustar";

bool is_tar(std::span<const uint8_t> beginning) noexcept {
  return beginning.size() >= tar_block_bytes
         && std::memcmp(beginning.data() + tar_magic_offset, tar_magic.data(), tar_magic.size()) == 0;
}

struct archive_closer {
  void operator()(archive* handle) const noexcept { archive_read_free(handle); }
};

// What libarchive reads the archive by.
la_ssize_t read_stream(archive*, void* stream, const void** bytes) {
  const auto next = static_cast<archive_stream*>(stream)->next();
  *bytes = next.data();
  return static_cast<la_ssize_t>(next.size());
}

std::string name_of(archive_entry* entry) {
  if (const char* name = archive_entry_pathname(entry)) return name;
  // One in UTF-8 that this process's locale cannot hold.
  const char* name = archive_entry_pathname_utf8(entry);
  return name == nullptr ? "" : name;
}

} // namespace

bool is_archive(std::span<const uint8_t> beginning) noexcept {
  return is_tar(beginning)
         || (beginning.size() >= 3 && beginning[0] == 0x1f && beginning[1] == 0x8b && beginning[2] == 8);
}

class archive_reader::state {
public:
  state(input_file file, std::string name, std::span<const uint8_t> beginning, uint64_t document_bytes_max,
        std::atomic<uint64_t>& read_bytes)
    : name_(std::move(name)), document_bytes_max_(document_bytes_max), stream_(std::move(file), beginning, read_bytes) {
  }

  std::optional<named_input> next() {
    if (ended_) return std::nullopt;
    if (!begun_) {
      begun_ = true;
      // Decompressed bytes come in blocks as libarchive likes: mostly the first one is enough to tell.
      const auto first = stream_.next();
      if (first.empty() || !is_tar(first)) return lone_document(first);
      stream_.put_back(first);
      if (auto failed = open_tar()) return failed;
    }
    return next_member();
  }

private:
  named_input last(const std::string& name, input read) {
    ended_ = true;
    return {name, std::move(read)};
  }

  named_input damaged(const std::string& why) {
    return last(name_, {{}, cannot_read(name_, "it is damaged or ends too soon: " + why)});
  }

  [[nodiscard]] input too_large(const std::string& name) const {
    return {
      {},
      cannot_read(name, fmt::format("it has more than {} bytes when unpacked; --unpacked-bytes-max sets the limit",
                                    document_bytes_max_))};
  }

  named_input lone_document(std::span<const uint8_t> bytes) {
    input read;
    for (; !bytes.empty(); bytes = stream_.next()) {
      if (read.bytes.size() + bytes.size() > document_bytes_max_) return last(name_, too_large(name_));
      read.bytes.insert(read.bytes.end(), bytes.begin(), bytes.end());
    }
    if (!stream_.error().empty()) return damaged(stream_.error());
    return last(name_, std::move(read));
  }

  std::optional<named_input> open_tar() {
    tar_.reset(archive_read_new());
    if (!tar_) throw std::bad_alloc{};
    archive_read_support_format_tar(tar_.get());
    if (archive_read_open(tar_.get(), &stream_, nullptr, read_stream, nullptr) == ARCHIVE_OK) return std::nullopt;
    return damaged(reason());
  }

  // An error below is what made the archive look damaged.
  [[nodiscard]] std::string reason() const {
    if (!stream_.error().empty()) return stream_.error();
    const char* text = archive_error_string(tar_.get());
    return text == nullptr ? "libarchive does not say why" : text;
  }

  std::optional<named_input> next_member() {
    for (archive_entry* entry = nullptr;;) {
      const int status = archive_read_next_header(tar_.get(), &entry);
      if (status == ARCHIVE_EOF) return end_of_tar();
      if (status < ARCHIVE_WARN) return damaged(reason());
      if (++members_ > archive_members_max)
        return damaged(fmt::format("it has more than {} members", archive_members_max));
      if (stream_.bytes() > archive_bytes_max)
        return damaged(fmt::format("it has more than {} bytes when unpacked", archive_bytes_max));
      const std::string name = name_of(entry);
      if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) != nullptr) continue;
      if (!is_document_name(name)) continue;
      ++documents_;
      return member(name_ + "/" + name);
    }
  }

  named_input member(const std::string& name) {
    input read;
    const void* bytes = nullptr;
    size_t size = 0;
    la_int64_t offset = 0;
    for (;;) {
      const int status = archive_read_data_block(tar_.get(), &bytes, &size, &offset);
      if (status == ARCHIVE_EOF) return {name, std::move(read)};
      if (status < ARCHIVE_WARN) return damaged(reason());
      const auto end = static_cast<uint64_t>(offset) + size; // there may be holes
      if (end > document_bytes_max_) return {name, too_large(name)};
      read.bytes.resize(static_cast<size_t>(end));
      if (size > 0) std::memcpy(read.bytes.data() + offset, bytes, size);
    }
  }

  // Only what comes behind the last member tells whether the archive is whole.
  std::optional<named_input> end_of_tar() {
    while (!stream_.next().empty())
      if (stream_.bytes() > archive_bytes_max)
        return damaged(fmt::format("it has more than {} bytes when unpacked", archive_bytes_max));
    if (!stream_.error().empty()) return damaged(stream_.error());
    if (stream_.zeros_last() < tar_block_bytes) return damaged("it has no end-of-archive block");
    ended_ = true;
    if (documents_ > 0) return std::nullopt;
    return last(name_, {{}, cannot_read(name_, "no member of this archive has the suffix of a TeX document")});
  }

  std::string name_;
  uint64_t document_bytes_max_;
  archive_stream stream_;
  std::unique_ptr<archive, archive_closer> tar_;
  bool begun_ = false;
  bool ended_ = false;
  uint64_t members_ = 0;
  uint64_t documents_ = 0;
};

archive_reader::archive_reader(input_file file, std::string name, std::span<const uint8_t> beginning,
                               uint64_t document_bytes_max, std::atomic<uint64_t>& read_bytes)
  : state_(std::make_unique<state>(std::move(file), std::move(name), beginning, document_bytes_max, read_bytes)) {}

archive_reader::~archive_reader() = default;

std::optional<named_input> archive_reader::next() { return state_->next(); }

} // namespace texlex::cli
