// Package simulator plays every outside system that the program joins, under one HTTP origin: RSS feeds, Naver's news
// search, DART's filings, KRX's and KIS's prices, Telegram's bot interface and OpenAI-compatible models, each with its
// own refusals, limits and oddities, on a clock that can be set. It is deterministic: the same world, clock and order of
// requests give the same bytes. What it shows comes from a World, either a replayed archive folder or an invented market.
// It is a tool of development and tests: it must never reach a real service, never hold a real key, and never show
// anything before its time on the clock. A request that the real service would refuse is refused here with that service's
// own answer.
//
// Controls are below /_sim and play nobody: clock, keys, served, traffic, splits/{code}, holidays/{day}, openai,
// kis/tokens (DELETE revokes), faults/{upstream} (see Fault), quota/{upstream} (PUT {"left": n} of the day's requests),
// telegram/messages, telegram/chats/{id} (PUT, see ChatState) and telegram/updates (POST {"chat_id": n, "text": "..."}: a
// reader writes).
package simulator
