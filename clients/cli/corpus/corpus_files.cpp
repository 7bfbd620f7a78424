#include "clients/cli/corpus/corpus_files.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <spdlog/fmt/fmt.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clients/cli/escaped_text.hpp"
#include "clients/cli/input.hpp"

namespace texlex::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t waiting_bytes = 1u << 20;

bool write_all(int descriptor, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

// A name lasts once its folder was written.
bool sync_folder_of(const std::string& path) noexcept {
  std::string folder = fs::path{path}.parent_path().string();
  if (folder.empty()) folder = ".";
  const owned_descriptor opened{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  return opened.get() >= 0 && ::fsync(opened.get()) == 0;
}

std::string cannot_use(const std::string& path, const std::string& why) {
  return fmt::format("cannot use the journal {}: {}", escape_file_name(path), why);
}

} // namespace

owned_descriptor::~owned_descriptor() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::variant<journal_file, std::string> journal_file::open(const std::string& path, const journal_options& options) {
  owned_descriptor opened{::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644)};
  if (opened.get() < 0) return cannot_use(path, std::strerror(errno));
  struct stat about {};
  if (::fstat(opened.get(), &about) != 0) return cannot_use(path, std::strerror(errno));
  if (!S_ISREG(about.st_mode)) return cannot_use(path, "it is no regular file"); // a pipe's end would never come
  if (::flock(opened.get(), LOCK_EX | LOCK_NB) != 0)
    return cannot_use(path, errno == EWOULDBLOCK ? "another run has it" : std::strerror(errno));
  const input read = read_input(path);
  if (!read.error.empty()) return read.error;
  const std::string_view text{reinterpret_cast<const char*>(read.bytes.data()), read.bytes.size()};
  journal_file journal{path, std::move(opened)};
  const std::string beginning = journal_beginning(options);
  // Nothing was done while the beginning was not whole.
  if (text.size() < beginning.size() && beginning.starts_with(text)) {
    if (auto why = journal.start(beginning)) return std::move(*why);
    return journal;
  }
  auto replayed = replay_journal(text);
  if (const auto* why = std::get_if<std::string>(&replayed))
    return cannot_use(path, *why + "; give another one, and another folder for the output");
  journal.state_ = std::move(std::get<journal_state>(replayed));
  if (const std::string why = difference(journal.state_.options, options); !why.empty())
    return cannot_use(path, "it is of another run (" + why + "); give what was given then, or another journal");
  if (::ftruncate(journal.file_.get(), static_cast<off_t>(journal.state_.sound_bytes)) != 0
      || ::fsync(journal.file_.get()) != 0)
    return cannot_use(path, std::strerror(errno));
  return journal;
}

std::optional<std::string> journal_file::start(const std::string& beginning) {
  new_ = true;
  if (::ftruncate(file_.get(), 0) != 0) return cannot_use(path_, std::strerror(errno));
  if (auto why = append(beginning)) return why;
  if (!sync_folder_of(path_)) return cannot_use(path_, std::strerror(errno));
  return std::nullopt;
}

void journal_file::abandon() noexcept { (void)::unlink(path_.c_str()); }

std::optional<std::string> journal_file::append(std::string_view lines) {
  if (!write_all(file_.get(), lines) || ::fsync(file_.get()) != 0) return cannot_use(path_, std::strerror(errno));
  return std::nullopt;
}

std::optional<std::string> journal_file::add(const journal_commit& commit) {
  if (auto why = append(journal_lines(commit))) return why;
  apply(commit, state_);
  return std::nullopt;
}

std::variant<part_folder, std::string> part_folder::open(const std::string& path, part_names names,
                                                         const journal_file& journal, const journal_state& state) {
  std::error_code error;
  fs::create_directories(path, error);
  owned_descriptor opened{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (opened.get() < 0)
    return fmt::format("cannot write into the folder {}: {}", escape_file_name(path), std::strerror(errno));
  if (!sync_folder_of(fs::absolute(path, error).string()))
    return fmt::format("cannot write beside the folder {}: {}", escape_file_name(path), std::strerror(errno));
  part_folder folder{path, std::move(names), std::move(opened)};
  for (const auto& [number, bytes] : state.parts) {
    const std::string name = path + "/" + folder.names_.of(number);
    const auto stamp = stamp_of(name);
    if (!stamp || stamp->bytes != bytes)
      return fmt::format("{} {}, and the journal says that it has {} bytes; bring it back, or begin anew with another "
                         "journal and folder",
                         escape_file_name(name), stamp ? fmt::format("has {} bytes", stamp->bytes) : "is not there",
                         bytes);
  }
  if (auto why = folder.look_for_others(journal, state)) return std::move(*why);
  return folder;
}

// What no commit tells of was not whole when a run ended, unless the journal is another's.
std::optional<std::string> part_folder::look_for_others(const journal_file& journal, const journal_state& state) {
  std::error_code error;
  for (fs::directory_iterator at{path_, error}; !error && at != fs::directory_iterator{}; at.increment(error)) {
    const std::string name = at->path().filename().string();
    const auto number = names_.number_of(name);
    if (!number || (state.parts.contains(*number) && name == names_.of(*number))) continue;
    // A run that ended had begun one part at most.
    if (journal.is_new() || *number > state.commits + 1)
      return fmt::format("the folder {} holds {}, of which the journal does not tell; give another folder, or the "
                         "journal of that run",
                         escape_file_name(path_), name);
    std::error_code failed;
    if (!fs::remove(at->path(), failed) && failed)
      return fmt::format("cannot remove {}, which was left unfinished: {}", escape_file_name(at->path().string()),
                         failed.message());
  }
  if (error) return cannot_read(path_, error.message());
  return std::nullopt;
}

std::string part_folder::cannot_write(uint64_t number) const {
  return fmt::format("cannot write {}/{}: {}", escape_file_name(path_), names_.of(number), std::strerror(errno));
}

std::optional<std::string> part_folder::begin(uint64_t number) {
  number_ = number;
  bytes_ = 0;
  waiting_.clear();
  file_ = owned_descriptor{
    ::openat(folder_.get(), names_.unfinished(number).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
  if (file_.get() < 0) return cannot_write(number);
  return std::nullopt;
}

std::optional<std::string> part_folder::write(std::string_view text) {
  bytes_ += text.size();
  if (waiting_.size() + text.size() < waiting_bytes) {
    waiting_ += text;
    return std::nullopt;
  }
  if (!write_all(file_.get(), waiting_) || !write_all(file_.get(), text)) return cannot_write(number_);
  waiting_.clear();
  return std::nullopt;
}

std::optional<std::string> part_folder::finish() {
  if (!write_all(file_.get(), waiting_) || ::fsync(file_.get()) != 0) return cannot_write(number_);
  file_ = owned_descriptor{};
  const std::string from = names_.unfinished(number_);
  if (::renameat(folder_.get(), from.c_str(), folder_.get(), names_.of(number_).c_str()) != 0
      || ::fsync(folder_.get()) != 0)
    return cannot_write(number_);
  return std::nullopt;
}

std::optional<file_stamp> stamp_of(const std::string& path) {
  constexpr int64_t ns_a_second = 1'000'000'000;
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) return std::nullopt;
  return file_stamp{static_cast<uint64_t>(about.st_size),
                    int64_t{about.st_mtim.tv_sec} * ns_a_second + about.st_mtim.tv_nsec};
}

} // namespace texlex::cli
