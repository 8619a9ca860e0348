-- Embeddings stay in their rows, as they are: floats do not shrink, and the exact index reads every one of them at start.
-- Rows from before stay where they are, and are read as ever.
alter table vectors alter column floats set storage external;
alter table vectors set (toast_tuple_target = 8160);
