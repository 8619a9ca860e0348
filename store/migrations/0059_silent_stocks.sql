-- The stocks of a recipient's list that he is not alerted of. They are a part of codes; whoever writes the list keeps them so.
alter table recipients add column silent text[] not null default '{}';
