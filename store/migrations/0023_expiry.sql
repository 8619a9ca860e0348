-- Finds the summaries whose time is over without reading the articles that have none left.
create index articles_expiring on articles (source, available_at) where summary <> '';
