-- What articles are searched by: pairs of characters of title and summary with their places, made by the program. Null:
-- still to be made, as of articles from before, and of those whose summary is gone.
alter table articles add column words tsvector;
create index articles_words on articles using gin (words) with (fastupdate = off);
create index articles_unworded on articles (id desc) where words is null;
