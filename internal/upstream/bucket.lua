-- Takes one token for the next instant that every window of its limit allows (a generic cell rate algorithm each). One
-- hash per key, so that it works in a cluster.
-- KEYS[1] the key. ARGV: longest wait that is booked ahead (microseconds); the limit, "DAY u INTERVAL TOLERANCE ...":
-- tokens per KST day (0: no limit), then per window a letter and microseconds; "1" when what the upstream itself has told
-- of its limit goes first; the instant in microseconds, or "" for the clock of Redis.
-- Answers {0, wait}: booked, leave after wait; {1, wait}: not booked, ask again after wait; {2, wait}: the day's tokens are gone.
local patience, limit = tonumber(ARGV[1]), ARGV[2]
local now = tonumber(ARGV[4])
if not now then
  local clock = redis.call('TIME')
  now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
end
local known = redis.call('HGETALL', KEYS[1])
local state = {}
for i = 1, #known, 2 do
  state[known[i]] = known[i + 1]
end
if ARGV[3] == '1' and state.learned then
  limit = state.learned
end
local per_day = tonumber(string.match(limit, '^%d+'))

local kst = math.floor(now / 1000000) + 9 * 3600
local day = math.floor(kst / 86400)
local used = 0
if tonumber(state.day or '') == day then
  used = tonumber(state.used or '0')
end
if per_day > 0 and used >= per_day then
  return {2, ((day + 1) * 86400 - 9 * 3600) * 1000000 - now}
end

local windows = {}
local slot = math.max(now, tonumber(state.paused or '0'))
for name, interval, tolerance in string.gmatch(limit, '(%a) (%d+) (%d+)') do
  local w = {name = name, interval = tonumber(interval), next_at = tonumber(state[name] or '0')}
  tolerance = tonumber(tolerance)
  if w.next_at > now + patience + tolerance + w.interval then
    w.next_at = now + tolerance -- farther ahead than this limit ever books: it was a slower one
  end
  slot = math.max(slot, w.next_at - tolerance)
  windows[#windows + 1] = w
end
if slot - now > patience then
  return {1, slot - now - patience / 2} -- when the token can be booked, and little sooner
end
-- Plain tostring would round a time in microseconds.
for _, w in ipairs(windows) do
  redis.call('HSET', KEYS[1], w.name, string.format('%.0f', math.max(w.next_at, slot) + w.interval))
end
redis.call('HSET', KEYS[1], 'day', day, 'used', used + 1)
redis.call('EXPIRE', KEYS[1], 2 * 86400)
return {0, slot - now}
