-- Takes one token of each key for the next instant that every window of every limit allows (a generic cell rate algorithm
-- each), or none at all. One hash per key; keys that are taken together share a hash tag, so that it works in a cluster.
-- KEYS the keys, the one that most share last. ARGV: longest wait that is booked ahead (microseconds); the instant in microseconds, or "" for the clock of
-- Redis; then per key the limit, "DAY u INTERVAL TOLERANCE ...": tokens per KST day (0: no limit), then per window a letter
-- and microseconds; and "1" when what the upstream itself has told of its limit goes first.
-- Answers {0, wait}: booked, leave after wait; {1, wait}: not booked, ask again after wait; {2, wait}: the day's tokens are
-- gone; {3, wait}: not booked, for the last key would stand idle until the others' instant: ask again just before it.
local patience, now = tonumber(ARGV[1]), tonumber(ARGV[2])
if not now then
  local clock = redis.call('TIME')
  now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
end
local kst = math.floor(now / 1000000) + 9 * 3600
local day = math.floor(kst / 86400)
local slot, own, tokens = now, now, {} -- own: when the last key alone would do
for i, key in ipairs(KEYS) do
  local limit = ARGV[1 + 2 * i]
  local known = redis.call('HGETALL', key)
  local state = {}
  for j = 1, #known, 2 do
    state[known[j]] = known[j + 1]
  end
  if ARGV[2 + 2 * i] == '1' and state.learned then
    limit = state.learned
  end
  local per_day = tonumber(string.match(limit, '^%d+'))
  local used = 0
  if tonumber(state.day or '') == day then
    used = tonumber(state.used or '0')
  end
  if per_day > 0 and used >= per_day then
    return {2, ((day + 1) * 86400 - 9 * 3600) * 1000000 - now}
  end
  own = math.max(now, tonumber(state.paused or '0'))
  local windows = {}
  for name, interval, tolerance in string.gmatch(limit, '(%a) (%d+) (%d+)') do
    local w = {name = name, interval = tonumber(interval), next_at = tonumber(state[name] or '0')}
    tolerance = tonumber(tolerance)
    if w.next_at > now + patience + tolerance + w.interval then
      w.next_at = now + tolerance -- farther ahead than this limit ever books: it was a slower one
    end
    own = math.max(own, w.next_at - tolerance)
    windows[#windows + 1] = w
  end
  slot = math.max(slot, own)
  tokens[i] = {key = key, used = used, windows = windows}
end
if slot - now > patience then
  return {1, slot - now - patience + 10000} -- from when it can be booked: who is put back comes late more often than early
end
local lead = 20000
if slot - own > lead then
  return {3, slot - now - lead}
end
-- Plain tostring would round a time in microseconds.
for _, token in ipairs(tokens) do
  for _, w in ipairs(token.windows) do
    redis.call('HSET', token.key, w.name, string.format('%.0f', math.max(w.next_at, slot) + w.interval))
  end
  redis.call('HSET', token.key, 'day', day, 'used', token.used + 1)
  redis.call('EXPIRE', token.key, 2 * 86400)
end
return {0, slot - now}
