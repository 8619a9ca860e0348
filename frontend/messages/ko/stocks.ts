const ko = {
  title: '종목',
};

export default ko;
