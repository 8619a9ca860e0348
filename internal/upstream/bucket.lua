-- Takes one token (generic cell rate algorithm) on the clock of Redis. One hash per key, so that it works in a cluster.
-- KEYS[1] the key. ARGV: microseconds per token, burst, longest wait that is booked ahead (microseconds), tokens per KST
-- day (0: no limit).
-- Answers {0, wait}: booked, leave after wait; {1, wait}: not booked, ask again; {2, wait}: the day's tokens are gone.
local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local patience, per_day = tonumber(ARGV[3]), tonumber(ARGV[4])
local clock = redis.call('TIME')
local seconds = tonumber(clock[1])
local now = seconds * 1000000 + tonumber(clock[2])

local kst = seconds + 9 * 3600
local day = math.floor(kst / 86400)
local state = redis.call('HMGET', KEYS[1], 'next', 'day', 'used')
local used = 0
if tonumber(state[2] or '') == day then
  used = tonumber(state[3] or '0')
end
if per_day > 0 and used >= per_day then
  return {2, ((day + 1) * 86400 - kst) * 1000000}
end

local next_at = math.max(tonumber(state[1] or '0'), now)
local wait = next_at - (burst - 1) * interval - now
if wait > patience then
  return {1, wait}
end
-- Plain tostring would round a time in microseconds.
redis.call('HSET', KEYS[1], 'next', string.format('%.0f', next_at + interval), 'day', day, 'used', used + 1)
redis.call('EXPIRE', KEYS[1], 2 * 86400)
return {0, math.max(wait, 0)}
