const ko = {
  title: '텔레그램',
};

export default ko;
