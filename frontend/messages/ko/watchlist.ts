const ko = {
  title: '관심종목',
};

export default ko;
