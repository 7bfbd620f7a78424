#include "clients/c/handles.hpp"

using namespace texlex::client_core;
using texlex::hello_response;

namespace {

// Null where there is none. What a server of version 1 says of version 2 does not hold.
const hello_response* offered(const texlex_client_offer* offer) noexcept {
  return offer == nullptr ? nullptr : offer->said.offer.get();
}

const hello_response* offered_by_version_2(const texlex_client_offer* offer) noexcept {
  const hello_response* const said = offered(offer);
  return said == nullptr || said->version < 2 ? nullptr : said;
}

} // namespace

extern "C" {

texlex_client_status texlex_client_ask_offer(texlex_client* client, size_t server, uint64_t timeout_ms,
                                             texlex_client_offer** offer) TEXLEX_NOEXCEPT {
  if (offer == nullptr) return TEXLEX_CLIENT_NULL_ARGUMENT;
  *offer = nullptr;
  if (client == nullptr) return TEXLEX_CLIENT_NULL_ARGUMENT;
  if (timeout_ms > timeout_ms_max) return TEXLEX_CLIENT_BAD_OPTION;
  return at_boundary([&] {
    engine& asked = *client->engine;
    if (server >= asked.settings().servers.size()) return TEXLEX_CLIENT_BAD_OPTION;
    const auto inquiry = std::make_shared<request>();
    inquiry->offer_of = static_cast<uint32_t>(server);
    const texlex::duration timeout = std::chrono::milliseconds{timeout_ms};
    inquiry->deadline = texlex::now() + (timeout_ms == 0 ? 2 * asked.settings().connect_timeout : timeout);
    auto made = std::make_unique<texlex_client_offer>();
    if (const auto begun = asked.submit({inquiry}); begun != TEXLEX_CLIENT_OK) return begun;
    asked.wait(inquiry);
    made->said = std::move(inquiry->result);
    *offer = made.release();
    return (*offer)->said.status;
  });
}

void texlex_client_offer_free(texlex_client_offer* offer) TEXLEX_NOEXCEPT { delete offer; }

texlex_client_status texlex_client_offer_status(const texlex_client_offer* offer) TEXLEX_NOEXCEPT {
  return texlex::client_core::status_of(offer);
}

uint32_t texlex_client_offer_server_status(const texlex_client_offer* offer) TEXLEX_NOEXCEPT {
  return texlex::client_core::server_status_of(offer);
}

uint64_t texlex_client_offer_retry_after_ms(const texlex_client_offer* offer) TEXLEX_NOEXCEPT {
  return texlex::client_core::retry_after_ms_of(offer);
}

const char* texlex_client_offer_text(const texlex_client_offer* offer) TEXLEX_NOEXCEPT {
  return texlex::client_core::text_of(offer);
}

uint32_t texlex_client_offer_version(const texlex_client_offer* offer) TEXLEX_NOEXCEPT {
  const hello_response* const said = offered(offer);
  return said == nullptr ? 0 : said->version;
}

uint32_t texlex_client_offer_columns(const texlex_client_offer* offer) TEXLEX_NOEXCEPT {
  const hello_response* const said = offered_by_version_2(offer);
  return said == nullptr ? 0 : said->columns & TEXLEX_CLIENT_ALL_COLUMNS;
}

uint64_t texlex_client_offer_document_bytes_max(const texlex_client_offer* offer) TEXLEX_NOEXCEPT {
  const hello_response* const said = offered(offer);
  return said == nullptr ? 0 : said->document_bytes_max;
}

uint64_t texlex_client_offer_issues_max(const texlex_client_offer* offer) TEXLEX_NOEXCEPT {
  const hello_response* const said = offered_by_version_2(offer);
  return said == nullptr ? 0 : said->issues_told_max;
}

uint32_t texlex_client_offer_batch_documents_max(const texlex_client_offer* offer) TEXLEX_NOEXCEPT {
  const hello_response* const said = offered_by_version_2(offer);
  return said == nullptr ? 0 : said->batch_documents_max;
}

int texlex_client_offer_passes_descriptors(const texlex_client_offer* offer) TEXLEX_NOEXCEPT {
  const hello_response* const said = offered_by_version_2(offer);
  return said != nullptr && holds(said->features, texlex::hello_feature::descriptors) ? 1 : 0;
}

size_t texlex_client_offer_regime_count(const texlex_client_offer* offer) TEXLEX_NOEXCEPT {
  const hello_response* const said = offered_by_version_2(offer);
  return said == nullptr ? 0 : said->regimes.size();
}

const char* texlex_client_offer_regime(const texlex_client_offer* offer, size_t index) TEXLEX_NOEXCEPT {
  const hello_response* const said = offered_by_version_2(offer);
  return said == nullptr || index >= said->regimes.size() ? nullptr : said->regimes[index].c_str();
}

} // extern "C"
