-- Of who does not watch an alert's stock nothing is kept any more: that he has no notice says it, and with ten thousand
-- recipients such rows were nearly all there were.
delete from notices where state = 'suppressed' and reason = 'not_on_watchlist';
