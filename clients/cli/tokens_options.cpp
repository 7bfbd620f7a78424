#include "clients/cli/tokens_options.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include <spdlog/fmt/fmt.h>

#include "clients/cli/escaped_text.hpp"
#include "clients/cli/service_address.hpp"
#include "runtime/trace_context.hpp"

namespace texlex::cli {
namespace {

constexpr std::string_view text_columns = "kind,text,start,end,line,column";
constexpr std::string_view arrow_columns = "kind,code,name,start,end,line,column";

std::optional<column> find_column(std::string_view name) {
  const auto names = column_names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<column>(found - names.begin());
}

std::string files_contradiction(const tokens_options& options) {
  const auto is_empty = [](const std::string& name) { return name.empty(); };
  if (std::any_of(options.files.begin(), options.files.end(), is_empty))
    return "a file's name is empty; give a name, or - for standard input";
  if (options.files_from && options.files_from->empty())
    return "--files-from has an empty name; give a file, or - for standard input";
  if (options.null && !options.files_from) return "--null tells how --files-from is read; add that or leave out --null";
  const auto from_standard_input =
    std::count(options.files.begin(), options.files.end(), "-") + (options.files_from == "-" ? 1 : 0);
  if (from_standard_input > 1) return "standard input can be read once only; - is given more than once";
  if (options.no_unpack && options.unpacked_bytes_max)
    return "--no-unpack leaves nothing for --unpacked-bytes-max to limit; leave out one of them";
  return {};
}

std::string format_contradiction(const tokens_options& options) {
  const bool counts = options.format == "counts";
  if (counts && options.columns) return "--format counts has no columns; leave out --columns";
  if (options.format != "tsv" && options.color == "always")
    return fmt::format("--format {} has no colours; leave out --color or add --format tsv", options.format);
  if (options.issues_max && !options.issues) return "--issues-max limits what --issues lists; add --issues";
  return {};
}

std::string socket_contradiction(const tokens_options& options) {
  if (!options.socket) return {};
  if (auto why = socket_complaint(*options.socket); !why.empty()) return why;
  if (options.kernel) return "--socket scans by the kernel its texlexd uses; leave out --kernel";
  return {};
}

// `--columns kind start F` names one column and two files. If the second is a column and no file, that was not meant.
std::string stray_column(const tokens_options& options) {
  std::string list = *options.columns;
  std::string_view stray;
  for (const std::string& file : options.files) {
    std::error_code ignored;
    if (!find_column(file) || std::filesystem::exists(file, ignored)) break;
    if (stray.empty()) stray = file;
    list += "," + file;
  }
  if (stray.empty()) return {};
  return fmt::format("columns are separated by commas: --columns {}; there is no file \"{}\"", escape_file_name(list),
                     stray);
}

} // namespace

std::string contradiction(const tokens_options& options) {
  for (const auto check : {files_contradiction, format_contradiction, socket_contradiction})
    if (auto why = check(options); !why.empty()) return why;
  return {};
}

std::string request_contradiction(const tokens_options& options, bool has_service, std::string_view flag) {
  if (!has_service && options.priority)
    return fmt::format("--priority tells a texlexd whose turn it is; add {} or leave out --priority", flag);
  if (!has_service && options.traceparent)
    return fmt::format("--traceparent is for the log of a texlexd; add {} or leave out --traceparent", flag);
  if (options.traceparent && !parse_traceparent(*options.traceparent))
    return fmt::format("--traceparent {} is none as W3C's Trace Context has it; such as "
                       "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                       escape_file_name(*options.traceparent));
  return {};
}

std::variant<std::vector<column>, std::string> chosen_columns(const tokens_options& options) {
  std::vector<column> chosen;
  const bool arrow = options.format == "arrow";
  const std::string_view usual = arrow ? arrow_columns : text_columns;
  std::string_view rest = options.columns ? std::string_view{*options.columns} : usual;
  for (bool more = true; more;) {
    const std::string_view name = rest.substr(0, rest.find(','));
    more = name.size() < rest.size();
    rest.remove_prefix(more ? name.size() + 1 : name.size());
    const auto found = find_column(name);
    if (!found)
      return fmt::format("--columns: \"{}\" is no column; they are {}{}", escape_file_name(name), usual,
                         arrow ? ",text" : "");
    if (!arrow && (*found == column::code || *found == column::name))
      return fmt::format("--columns: {} is a column of --format arrow only; others have it in text", name);
    if (std::find(chosen.begin(), chosen.end(), *found) != chosen.end())
      return fmt::format("--columns names {} twice; name it once", name);
    chosen.push_back(*found);
  }
  if (options.columns)
    if (auto stray = stray_column(options); !stray.empty()) return stray;
  return chosen;
}

} // namespace texlex::cli
