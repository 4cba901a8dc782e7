/**
 * Ends one attempt, if it is still the one that the token was given for. Answers `o` settled, `d` deleted, `a` already,
 * `s` stale, `g` gone. Needs `TRANSITIONS`.
 */
export const SETTLE_ONE = `
local function reasonOf(reason) return '"reason":' .. cjson.encode(reason) end

local function both(one, other)
  if one == '' or other == '' then return one .. other end
  return one .. ',' .. other
end

-- The attempt failed, but somebody wanted the job deleted: it is not tried again.
local function endDeleted(job, outcome)
  local kept = tonumber(call('HGET', EXTRA .. job.id, 'dk')) or 0
  note(job, 'd', true, both('"reason":"requested"', outcome.error))
  leave(job)
  if outcome.kind == 'release' and outcome.refunds then job.attempt = job.attempt - 1 end
  enterFinal(job, 'd', 'requested', kept)
end

local outcomes = {
  succeed = function(job, outcome)
    leave(job)
    if outcome.ms > 0 and outcome.result then extra(job, 're', outcome.result) end
    enterFinal(job, 'k', nil, outcome.ms)
  end,
  retry = function(job, outcome)
    note(job, outcome.ms > 0 and 's' or 'e', true, outcome.error)
    extra(job, 'fp', outcome.fingerprint)
    leave(job)
    endLease(job)
    job.crashes = 0
    job.releases = 0
    if outcome.ms > 0 then enterScheduled(job, now + outcome.ms) else enterTail(job) end
  end,
  fail = function(job, outcome)
    note(job, 'f', true, both(reasonOf(outcome.reason), outcome.error))
    extra(job, 'fp', outcome.fingerprint)
    leave(job)
    enterFinal(job, 'f', outcome.reason, outcome.ms)
  end,
  release = function(job, outcome)
    if not outcome.refunds then note(job, outcome.ms > 0 and 's' or 'e', true, reasonOf(outcome.reason)) end
    leave(job)
    endLease(job)
    if outcome.refunds then job.attempt = job.attempt - 1 end
    job.releases = job.releases + 1
    if outcome.ms > 0 then enterScheduled(job, now + outcome.ms) else enterPlace(job) end
  end,
  delete = function(job, outcome)
    note(job, 'd', true, reasonOf(outcome.reason))
    leave(job)
    enterFinal(job, 'd', outcome.reason, outcome.ms)
  end,
}

local function settle(id, token, outcome)
  local job = jobOf(id)
  if not job then return 'g' end
  if leaseOf(job) ~= token then return 's' end
  if job.state ~= 'p' then return 'a' end
  if outcome.kind ~= 'succeed' and has(job, 'm') then
    endDeleted(job, outcome)
    return 'd'
  end
  outcomes[outcome.kind](job, outcome)
  return 'o'
end
`;

/** Ends many attempts at once. Needs `BASE`, `JOB_TABLES` and `prepare`. */
export const SETTLE_MANY = `
-- Successes alike but for their jobs, as nearly all are. Most of these jobs have a plain head under the lease of the server that
-- asks; then all there is to do is to take them out of its leases, and to keep or to drop them.
local function settleMany(server, token, text, retainMs, statuses)
  local ids = idsIn(text)
  local keys = load(ids)
  local fence = '|' .. token .. '|' .. server .. '|'
  local plain = retainMs > 0 and '^p%d (%S+) %d+ %d+ %d+ %d+ 0 0 ' or '^p%d (%S+) '
  local expires = string.format('%.0f', now + retainMs)
  local ended, finished, expiring, forgotten = inside(taken, LEASES .. server), {}, {}, {}
  local done, lastQueue = 0, nil
  local e, n, w, r = #ended, 0, #written, #removed
  for i = 1, #ids do
    local id = ids[i]
    local head = heads[id]
    local queue = type(head) == 'string' and string.find(head, fence, 1, true) and string.match(head, plain)
    if queue then
      if queue ~= lastQueue then
        if lastQueue then count(lastQueue, 'p', -done) end
        done, lastQueue = 0, queue
      end
      done = done + 1
      e, n = e + 1, n + 1
      ended[e] = id
      if retainMs > 0 then
        head = 'k' .. string.sub(head, 2)
        heads[id] = head
        written[w + 1], written[w + 2] = keys[i], head
        w = w + 2
        finished[2 * n - 1], finished[2 * n] = nowText, id
        expiring[2 * n - 1], expiring[2 * n] = expires, id
      else
        heads[id] = false
        forgotten[n] = id
        removed[r + 1], removed[r + 2] = keys[i], BODY .. id
        r = r + 2
      end
      statuses[#statuses + 1] = 'o'
    else
      statuses[#statuses + 1] = prepare().settle(id, token, { kind = 'succeed', ms = retainMs })
      r = #removed
    end
  end
  if lastQueue then count(lastQueue, 'p', -done) end
  callMany('ZADD', FINISHED .. 'k', finished)
  callMany('ZADD', EXPIRY, expiring)
  callMany('ZREM', IDS, forgotten)
end
`;
