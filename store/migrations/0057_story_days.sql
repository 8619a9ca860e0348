-- How many stories a stock had on which base day, for charts: of a stock that is much in the news a half year is ten
-- thousand stories. Kept in step by whoever writes story_codes, in the same transaction.
create table story_days (
    code     text not null,
    base_day date not null,
    stories  integer not null check (stories > 0),
    newest   bigint not null, -- the story that opened last
    primary key (code, base_day)
) with (fillfactor = 70);

insert into story_days (code, base_day, stories, newest)
    select code, base_day, count(*), max(story_id) from story_codes group by code, base_day;

create function story_days_added() returns trigger language plpgsql as $$
begin
    insert into story_days as d (code, base_day, stories, newest)
        select code, base_day, count(*), max(story_id) from added group by code, base_day order by code, base_day -- all lock in one order
        on conflict (code, base_day) do update set stories = d.stories + excluded.stories, newest = greatest(d.newest, excluded.newest);
    return null;
end $$;
create trigger story_days_added after insert on story_codes referencing new table as added for each statement execute function story_days_added();

-- A day that lost a story is counted anew while nobody else counts: stories hardly ever go.
create function story_days_gone() returns trigger language plpgsql as $$
begin
    if not exists (select from gone) then
        return null;
    end if;
    lock table story_days in share row exclusive mode;
    delete from story_days d using (select distinct code, base_day from gone) g where d.code = g.code and d.base_day = g.base_day;
    insert into story_days (code, base_day, stories, newest)
        select c.code, c.base_day, count(*), max(c.story_id)
        from (select distinct code, base_day from gone) g join story_codes c on c.code = g.code and c.base_day = g.base_day
        group by c.code, c.base_day order by c.code, c.base_day;
    return null;
end $$;
create trigger story_days_gone after delete on story_codes referencing old table as gone for each statement execute function story_days_gone();
