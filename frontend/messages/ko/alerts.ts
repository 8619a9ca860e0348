const ko = {
  title: '알림',
};

export default ko;
